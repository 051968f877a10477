import { describe, expect, it } from 'vitest'
import { compileText, errorsOf, withSteps } from './testing/compile-text.ts'

const values = (count: number) => Array.from({ length: count }, (_, index) => `"v${index}"`).join(', ')
const matrix = (count: number) =>
  `version: 2.1\njobs: {m: {parameters: {v: {type: string}}, docker: [{image: a}], steps: [checkout]}}\nworkflows: {w: {jobs: [{m: {matrix: {parameters: {v: [${values(count)}]}}}}]}}`
const nested = (depth: number) =>
  withSteps(
    '- c0',
    `commands:\n${Array.from({ length: depth }, (_, i) => `  c${i}: {steps: [${i === depth - 1 ? 'checkout' : `c${i + 1}`}]}`).join('\n')}`,
  )
const logic = (depth: number) =>
  `version: 2.1\njobs: {a: {docker: [{image: a}], steps: []}}\nworkflows: {w: {when: ${'{not: '.repeat(depth)}true${'}'.repeat(depth)}, jobs: [a]}}`

describe('a limit lets its own number pass and refuses the next', () => {
  it.each([
    ['matrixRows', matrix, 5],
    ['entries', matrix, 5],
    ['callDepth', nested, 5],
    ['logicDepth', logic, 5],
  ] as const)('%s [S-27]', (name, source, bound) => {
    expect(errorsOf(source(bound), { limits: { [name]: bound } })).toEqual([])
    expect(errorsOf(source(bound + 1), { limits: { [name]: bound } })).toEqual([expect.stringMatching(/^limit: /)])
  })

  it('orbDepth and orbs [S-27]', () => {
    const chain = (length: number) => {
      const orb = (index: number): string => (index === 0 ? job : `{orbs: {o: ${orb(index - 1)}}, jobs: {j: o/j}}`)
      return `version: 2.1\norbs: {o: ${orb(length - 1)}}\nworkflows: {w: {jobs: [o/j]}}`
    }
    const job = '{jobs: {j: {docker: [{image: a}], steps: [checkout]}}}'
    const registry = {
      resolve: (name: string) => ({ source: `version: 2.1\n${job.slice(1, -1)}`, resolved: name, digest: '' }),
    }
    const imports = (count: number) =>
      `version: 2.1\norbs: {${Array.from({ length: count }, (_, i) => `o${i}: a/b${i}@1`).join(', ')}}\nworkflows: {w: {jobs: [${Array.from({ length: count }, (_, i) => `o${i}/j`).join(', ')}]}}`

    expect(errorsOf(chain(3), { limits: { orbDepth: 3 } })).toEqual([])
    expect(errorsOf(chain(4), { limits: { orbDepth: 3 } })).toEqual([expect.stringMatching(/^limit: /)])
    expect(errorsOf(imports(3), { orbs: registry, limits: { orbs: 3 } })).toEqual([])
    expect(errorsOf(imports(4), { orbs: registry, limits: { orbs: 3 } })).toEqual([expect.stringMatching(/^limit: /)])
  })

  it('outputCharacters, and the number of diagnostics kept [S-27]', () => {
    const source = withSteps('- checkout')
    const length = compileText(source).output!.length
    const mistakes = withSteps('- nosuch1\n- nosuch2\n- nosuch3')

    expect(errorsOf(source, { limits: { outputCharacters: length } })).toEqual([])
    expect(errorsOf(source, { limits: { outputCharacters: length - 1 } })).toEqual([
      expect.stringMatching(/^limit: A compiled config YAML must be at most/),
    ])
    expect(errorsOf(mistakes, { limits: { diagnostics: 3 } })).toHaveLength(3)
    expect(errorsOf(mistakes, { limits: { diagnostics: 2 } })).toHaveLength(2)
  })

  it('outputCharacters, before a million steps are written out', () => {
    const commands = ['checkout', 'a', 'b', 'c', 'd', 'e']
      .map((step, level) => `  ${'abcdef'[level]}: {steps: [${Array(10).fill(step).join(', ')}]}`)
      .join('\n')

    expect(errorsOf(withSteps('- f', `commands:\n${commands}`))).toEqual([
      'limit: A compiled config YAML must be at most 8MB',
    ])
  })

  it('stops commands that double at every level', () => {
    const commands = Array.from(
      { length: 40 },
      (_, i) => `  c${i}: {steps: [${i === 39 ? 'checkout' : `c${i + 1}, c${i + 1}`}]}`,
    ).join('\n')

    expect(errorsOf(withSteps('- c0', `commands:\n${commands}`), { limits: { expandedNodes: 10_000 } })).toEqual([
      expect.stringMatching(/^limit: Expansion/),
    ])
  })

  it('stops texts that double at every level', () => {
    const double = '"<< parameters.p >><< parameters.p >>"'
    const commands = Array.from(
      { length: 40 },
      (_, i) =>
        `  c${i}: {parameters: {p: {type: string}}, steps: [{${i === 39 ? 'run' : `c${i + 1}`}: ${i === 39 ? double : `{p: ${double}}`}}]}`,
    ).join('\n')

    expect(errorsOf(withSteps('- c0: {p: xxxx}', `commands:\n${commands}`))).toEqual([
      expect.stringMatching(/^limit: Templates make a text/),
    ])
  })

  it('stops orbs that import each other', () => {
    const orbs = {
      resolve: (reference: string) => ({
        source: 'version: 2.1\norbs: {o: a/b@1}\njobs: {j: o/j}',
        resolved: reference,
        digest: '',
      }),
    }

    expect(errorsOf('version: 2.1\norbs: {o: a/b@1}\nworkflows: {w: {jobs: [o/j]}}', { orbs })).toEqual([
      expect.stringMatching(/^recursion: Orb a\/b@1 imports itself/),
    ])
  })
})
