import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { compileText, errorsOf, jobOf, withSteps, workflowOf } from './testing/compile-text.ts'

/** What comes before what, rule by rule (semantics 3). */

const body = 'docker: [{image: a}]'
const commands = (source: string, name = 'build', options = {}) =>
  jobOf(source, name, options).steps.map((step) => (step.type === 'run' ? step.command : step.type))

describe('a config is processed in order:', () => {
  it('1. anchors before everything, so that a template in one is evaluated at each place anew', () => {
    const source = `version: 2.1
steps: &steps [{run: "echo << parameters.p >>"}]
jobs:
  a: {${body}, parameters: {p: {type: string, default: of a}}, steps: *steps}
  b: {${body}, parameters: {p: {type: string, default: of b}}, steps: *steps}
workflows: {w: {jobs: [a, b]}}`

    expect([commands(source, 'a'), commands(source, 'b')]).toEqual([['echo of a'], ['echo of b']])
  })

  it('1. the version before its meaning: what is wrong further down is not looked at', () => {
    expect(errorsOf('version: 3\njobs: {build: 7}')).toEqual([expect.stringMatching(/^version: Version '3'/)])
  })

  it('2. version 2 has no templates, orbs, commands, executors, parameters or matrix: they are text or nothing', () => {
    const source = `version: 2
orbs: {o: not-an-orb}
commands: {checkout: {steps: [nosuch]}}
parameters: {p: wrong}
jobs: {build: {${body}, steps: [checkout, {run: "<< parameters.p >> << # \\\\<<"}]}}`

    expect(commands(source)).toEqual(['checkout', '<< parameters.p >> << # \\<<'])
  })

  it('3. defaults, then what the trigger gives, by strict types; what is not declared is refused', () => {
    const source = withSteps(
      '- run: << pipeline.parameters.s >> << pipeline.parameters.b >> << pipeline.parameters.n >> << pipeline.parameters.e >>',
      'parameters: {s: {type: string, default: s}, b: {type: boolean, default: false}, n: {type: integer, default: 1}, e: {type: enum, enum: [x, y], default: x}}',
    )
    const given = (pipelineParameters: Record<string, unknown>) => ({ pipelineParameters })

    expect(commands(source)).toEqual(['s false 1 x'])
    expect(commands(source, 'build', given({ s: '', b: true, n: 2, e: 'y' }))).toEqual([' true 2 y'])
    for (const wrong of [{ s: 1 }, { b: 'true' }, { n: '2' }, { n: 1.5 }, { e: 'z' }, { s: null }])
      expect(errorsOf(source, given(wrong))).toEqual([expect.stringMatching(/^argument-type: Type error for argument/)])
    expect(errorsOf(source, given({ t: 'x' }))).toEqual(['pipeline-parameter: Unexpected argument(s): t'])
  })

  it('4. and 5. values and parameters in the stanza of orbs, then the orbs', () => {
    const asked: string[] = []
    const orbs = {
      resolve: (reference: string) => {
        asked.push(reference)
        return { source: 'version: 2.1\ncommands: {c: {steps: [checkout]}}', resolved: 'n/o@2.0.0', digest: '' }
      },
    }

    expect(
      commands(
        withSteps('- o/c', 'parameters: {v: {type: integer, default: 2}}\norbs: {o: n/o@<< pipeline.parameters.v >>}'),
        'build',
        { orbs },
      ),
    ).toEqual(['checkout'])
    expect(asked).toEqual(['n/o@2'])
  })

  it('6. workflows whose condition leaves them out, with what only they use', () => {
    const source = `version: 2.1
jobs: {a: {${body}, steps: [checkout]}, b: {${body}, steps: [nosuch]}}
workflows:
  kept: {when: true, jobs: [a]}
  never: {when: false, jobs: [b, {unknown: {requires: [nobody]}}]}
  neither: {unless: true, jobs: [b]}`

    const { plan, output } = compileText(source)

    expect(plan?.workflows.map(({ name }) => name)).toEqual(['kept'])
    expect(Object.keys(parse(output!).jobs)).toEqual(['a'])
  })

  it('7. groups, matrix, values in the entry, arguments, executor, pre-steps, steps, post-steps; then keys go', () => {
    const source = `version: 2.1
executors: {e: {parameters: {tag: {type: string}}, docker: [{image: "i:<< parameters.tag >>"}], environment: {E: x}}}
commands: {say: {parameters: {t: {type: string}}, steps: [{when: {condition: << parameters.t >>, steps: [{run: << parameters.t >>}]}}]}}
jobs:
  j:
    description: d
    parameters: {v: {type: string}, s: {type: steps, default: []}}
    executor: {name: e, tag: << parameters.v >>}
    environment: {J: y}
    steps: [{run: own}, {say: {t: << parameters.v >>}}, {say: {t: ""}}, {steps: << parameters.s >>}]
job-groups:
  g: {jobs: [{j: {matrix: {parameters: {v: [q, r]}}, pre-steps: [{run: "pre << matrix.v >>"}], post-steps: [{run: post}], s: [{run: "arg << matrix.v >>"}]}}]}
workflows: {w: {jobs: [g]}}`

    const { output } = compileText(source)

    expect(parse(output!).jobs['j-r']).toEqual({
      docker: [{ image: 'i:r' }],
      environment: [{ E: 'x' }, { J: 'y' }],
      steps: ['pre r', 'own', 'r', 'arg r', 'post'].map((command) => ({ run: { command } })),
    })
  })

  it('8. names and requirements come last, over all workflows', () => {
    const source = `version: 2.1
jobs: {p: {${body}, parameters: {v: {type: string, default: x}}, steps: [{run: << parameters.v >>}]}}
workflows: {one: {jobs: [{p: {v: a}}, {p: {name: after, requires: [p]}}]}, two: {jobs: [{p: {v: b}}]}}`

    expect(workflowOf(source).jobs).toMatchObject([{ name: 'p-1' }, { name: 'after', requires: [{ node: 'p-1' }] }])
  })

  it('9. the backslash of an escape goes once, at the end, however often the text was handed on', () => {
    const source = withSteps(
      '- outer: {t: "cat \\\\<<A", s: [{run: "cat \\\\<<B"}]}',
      'commands: {inner: {parameters: {t: {type: string}, s: {type: steps}}, steps: [{run: << parameters.t >>}, {steps: << parameters.s >>}]}, outer: {parameters: {t: {type: string}, s: {type: steps}}, steps: [{inner: {t: << parameters.t >>, s: << parameters.s >>}}]}}',
    )

    expect(commands(source)).toEqual(['cat <<A', 'cat <<B'])
  })

  it('10. the result is checked as version 2 is: what expansion made wrong is told with the way that led there', () => {
    const { diagnostics } = compileText(
      withSteps(
        '- c: {w: never}',
        'commands: {c: {parameters: {w: {type: string}}, steps: [{run: {command: x, when: << parameters.w >>}}]}}',
      ),
    )

    expect(diagnostics).toMatchObject([{ code: 'invalid-value', chain: [{}, { name: 'build' }, { name: 'c' }] }])
  })
})

describe('only what a kept workflow reaches is evaluated:', () => {
  it.each([
    ['a job', 'jobs: {build: {BODY, steps: [checkout]}, unused: {BODY, steps: [nosuch, {run: << parameters.no >>}]}}'],
    [
      'a command',
      'jobs: {build: {BODY, steps: [checkout]}}\ncommands: {c: {steps: [nosuch, o/p, {run: << nothing >>}]}}',
    ],
    [
      'an executor',
      'jobs: {build: {BODY, steps: [checkout]}}\nexecutors: {e: {docker: [{image: << parameters.no >>}]}}',
    ],
  ])('%s that nothing uses may name what is not there', (_what, source) => {
    expect(errorsOf(`version: 2.1\n${source.replaceAll('BODY', body)}`)).toEqual([])
  })

  it.each([
    ['a job', 'jobs: {build: {BODY, steps: [checkout]}, unused: {BODY, steps: [{run: "a << b"}]}}'],
    ['a key of its own', 'jobs: {build: {BODY, steps: [checkout]}}\nx: "a << b"'],
  ])('but a template that is not closed is refused, in %s too', (_what, source) => {
    expect(errorsOf(`version: 2.1\n${source.replaceAll('BODY', body)}`)).toEqual([
      "unclosed-template: Unclosed '<<' tag in string: 'a << b'",
    ])
  })
})
