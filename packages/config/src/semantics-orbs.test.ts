import { describe, expect, it } from 'vitest'
import { compileText, errorsOf, jobOf, withSteps } from './testing/compile-text.ts'

/** Orbs, rule by rule (semantics 9). */

const say = (text: string) => `version: 2.1\ncommands: {say: {steps: [{run: "${text}"}]}}`
/** A registry in which every reference exists; the command `say` of each tells its reference. */
const registry = {
  resolve: (reference: string) => ({
    source: say(reference.replace(/^.*@/, '')),
    resolved: reference.replace(/@(?:1|1\.2|volatile)$/, '@1.2.3'),
    digest: '',
  }),
}
const commands = (source: string, options = {}) =>
  jobOf(source, 'build', options).steps.map((step) => (step.type === 'run' ? step.command : step.type))
const inline = (orbs: string, steps: string, rest = '') => withSteps(steps, `orbs: ${orbs}\n${rest}`)

describe('a reference to an orb', () => {
  it.each([
    ['me/tool@1.2.3', 'me/tool@1.2.3'],
    ['me/tool@1.2', 'me/tool@1.2.3'],
    ['me/tool@1', 'me/tool@1.2.3'],
    ['me/tool@volatile', 'me/tool@1.2.3'],
    ['me/tool@dev:first', 'me/tool@dev:first'],
    ['me-2_x/to-ol_3@0.0.0', 'me-2_x/to-ol_3@0.0.0'],
    [`me/tool@dev:${'a'.repeat(1_023)}`, `me/tool@dev:${'a'.repeat(1_023)}`],
  ])('may be %s, and the output says what it came to', (reference, resolved) => {
    const { output } = compileText(inline(`{o: "${reference}"}`, '- o/say'), { orbs: registry })

    expect(output?.split('\n', 1)[0]).toBe(`# Orb '${reference}' resolved to '${resolved}'`)
  })

  it('may hold pipeline values and parameters; what it came to is stated', () => {
    const source = inline(
      '{o: "me/tool@<< pipeline.parameters.v >>", p: "me/<< pipeline.git.branch >>@1"}',
      '- o/say\n- p/say',
      'parameters: {v: {type: string, default: "1.2"}}',
    )

    const { output } = compileText(source, { orbs: registry })

    expect(output?.split('\n').slice(0, 2)).toEqual([
      "# Orb 'me/tool@1.2' resolved to 'me/tool@1.2.3'",
      "# Orb 'me/main@1' resolved to 'me/main@1.2.3'",
    ])
  })

  it.each([
    'tool@1',
    'me/tool',
    'me/tool@',
    'me/tool@^1.0',
    'me/tool@>=1',
    'me/tool@1.x',
    'me/tool@1.2.3.4',
    'me/tool@v1.2.3',
    'me/tool@latest',
    'me/tool@1.2.3-beta',
    'Me/tool@1',
    'me/Tool@1',
    '2me/tool@1',
    'me/tool/x@1',
    'http://example.com/orb.yml',
    `me/tool@dev:${'a'.repeat(1_024)}`,
  ])('is not %s', (reference) => {
    expect(errorsOf(inline(`{o: "${reference}"}`, '- checkout'), { orbs: registry })).toEqual([
      `orb-reference: '${reference}' is not an orb reference`,
    ])
  })

  it.each(['[me/tool@1]', '1.2'])('is no %s', (value) => {
    expect(errorsOf(inline(`{o: ${value}}`, '- checkout'), { orbs: registry })).toEqual([
      expect.stringMatching(/^orb-reference: Orb 'o' must be a reference such as 'ns\/name@1\.2', or a map/),
    ])
  })

  it('to an address is of an orb of version 2.1, without a line in the output', () => {
    const at = (version: string) => ({
      resolve: (resolved: string) => ({ source: say('there').replace('2.1', version), resolved, digest: '' }),
    })
    const source = inline('{o: "https://example.com/orb.yml"}', '- o/say')

    expect(commands(source, { orbs: at('2.1') })).toEqual(['there'])
    expect(compileText(source, { orbs: at('2.1') }).output).toMatch(/^version: 2\n/)
    expect(errorsOf(source, { orbs: at('2') })).toEqual([
      "orb-source: The orb at https://example.com/orb.yml needs 'version: 2.1'",
    ])
  })
})

describe('what an orb holds', () => {
  it('is named with its local name, which the importer chooses, also twice', () => {
    const source = inline('{a: me/tool@1.0.0, b: me/tool@1.0.0, c: me/tool@2.0.0}', '- a/say\n- b/say\n- c/say')

    expect(commands(source, { orbs: registry })).toEqual(['1.0.0', '1.0.0', '2.0.0'])
  })

  it('are commands, executors and jobs, jobs under their prefixed name', () => {
    const orb = '{o: {executors: {e: {docker: [{image: of-orb}]}}, jobs: {j: {executor: e, steps: [checkout]}}}}'
    const source = `version: 2.1\norbs: ${orb}\njobs: {own: {executor: o/e, steps: [checkout]}}\nworkflows: {w: {jobs: [o/j, own]}}`

    for (const name of ['o/j', 'own'])
      expect(jobOf(source, name).executor).toMatchObject({ images: [{ image: 'of-orb' }] })
  })

  it.each([
    ['commands', '{o: {orbs: {i: {commands: {c: {steps: [{run: inner}]}}}}, commands: {z: i/c}}}', '- o/z'],
    ['own commands', '{o: {commands: {z: y, y: {steps: [{run: inner}]}}}}', '- o/z'],
  ])('may stand for %s of an orb it imports', (_what, orbs, steps) => {
    expect(commands(inline(orbs, steps))).toEqual(['inner'])
  })

  it('may be an executor or a job that stands for another orb’s', () => {
    const inner = '{executors: {e: {docker: [{image: deep}]}}, jobs: {j: {executor: e, steps: [checkout]}}}'
    const source = `version: 2.1\norbs: {o: {orbs: {i: ${inner}}, executors: {e: i/e}, jobs: {j: i/j}}}\njobs: {own: {executor: o/e, steps: [checkout]}}\nworkflows: {w: {jobs: [o/j, own]}}`

    expect(jobOf(source, 'o/j').executor).toMatchObject({ images: [{ image: 'deep' }] })
    expect(jobOf(source, 'own').executor).toMatchObject({ images: [{ image: 'deep' }] })
  })

  it('means its own elements by bare names, also where the config has some of that name', () => {
    const source = inline(
      '{o: {commands: {z: {steps: [y]}, y: {steps: [{run: of the orb}]}}}}',
      '- o/z\n- y',
      'commands: {y: {steps: [{run: of the config}]}}',
    )

    expect(commands(source)).toEqual(['of the orb', 'of the config'])
  })

  it.each([
    ['a command of the config', '{o: {commands: {z: {steps: [y]}}}}', /^unknown-command: .* y$/],
    [
      'an orb of the config',
      '{p: {commands: {y: {steps: []}}}, o: {commands: {z: {steps: [p/y]}}}}',
      /^unknown-orb: .*'p'/,
    ],
    [
      'a command of an orb of an orb',
      '{o: {orbs: {i: {commands: {c: {steps: []}}}}}}',
      /^unknown-command: .* o\/i\/c$/,
      '- o/i/c',
    ],
  ])('does not reach %s', (_what, orbs, refusal, steps = '- o/z') => {
    expect(errorsOf(inline(orbs, steps, 'commands: {y: {steps: [checkout]}}'))).toEqual([
      expect.stringMatching(refusal),
    ])
  })

  it('may have the name of a built-in step, and then stands for it in its own namespace alone', () => {
    const shadow =
      'commands: {restore_cache: {parameters: {k: {type: string}}, steps: [{run: mine << parameters.k >>}]}}'

    expect(commands(withSteps('- restore_cache: {k: x}', shadow))).toEqual(['mine x'])
    expect(
      commands(
        inline('{o: {commands: {z: {steps: [{restore_cache: {key: y}}]}}}}', '- o/z\n- restore_cache: {k: x}', shadow),
      ),
    ).toEqual(['restore_cache', 'mine x'])
  })

  it('need not be right while nobody uses it, and keys that mean nothing are ignored', () => {
    const orb = `{aliases: [x], base-shell: {y: z}, executors: {broken: {docker: 3}}, jobs: {broken: {steps: [nosuch]}}, commands: {broken: {steps: [{run: << parameters.no >>}, a/b]}, c: {steps: [checkout]}}}`

    expect(commands(inline(`{o: ${orb}}`, '- o/c'))).toEqual(['checkout'])
  })
})

describe('imports of an orb', () => {
  const nested = {
    resolve: (reference: string, importer?: string) =>
      reference === 'me/outer@1'
        ? {
            source: `version: 2.1\norbs: {i: me/inner@1}\ncommands: {z: {steps: [i/say]}}`,
            resolved: 'me/outer@1.0.0',
            digest: '',
          }
        : { source: say(`inner of ${importer}`), resolved: 'me/inner@1.1.0', digest: '' },
  }

  it('have no line in the output, and are asked for in the name of the orb, whose versions are fixed', () => {
    const source = inline('{o: me/outer@1}', '- o/z')

    expect(commands(source, { orbs: nested })).toEqual(['inner of me/outer@1.0.0'])
    expect(compileText(source, { orbs: nested }).output?.split('\n').slice(0, 2)).toEqual([
      "# Orb 'me/outer@1' resolved to 'me/outer@1.0.0'",
      'version: 2',
    ])
  })

  it.each([
    ['five', 5, true],
    ['six', 6, false],
  ])('may be %s deep: %s', (_what, depth, allowed) => {
    const orb = Array.from({ length: depth - 1 }).reduce<string>(
      (inner) => `{orbs: {i: ${inner}}, commands: {c: i/c}}`,
      '{commands: {c: {steps: [checkout]}}}',
    )

    expect(errorsOf(inline(`{o: ${orb}}`, '- o/c')).length === 0).toBe(allowed)
  })

  it('that come round to the orb itself are refused', () => {
    const round = {
      resolve: (reference: string) => ({
        source: `version: 2.1\norbs: {i: ${reference === 'me/a@1' ? 'me/b@1' : 'me/a@1'}}\ncommands: {c: i/c}`,
        resolved: reference,
        digest: '',
      }),
    }

    expect(errorsOf(inline('{o: me/a@1}', '- o/c'), { orbs: round })).toEqual([
      'recursion: Orb me/a@1 imports itself: me/a@1 -> me/b@1 -> me/a@1',
    ])
  })
})
