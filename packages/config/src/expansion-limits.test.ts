import { describe, expect, it } from 'vitest'
import { errorsOf, withSteps } from './testing/compile-text.ts'

const values = (count: number) => Array.from({ length: count }, (_, index) => `"v${index}"`).join(', ')
const matrix = (count: number) =>
  `version: 2.1\njobs: {m: {parameters: {v: {type: string}}, docker: [{image: a}], steps: [checkout]}}\nworkflows: {w: {jobs: [{m: {matrix: {parameters: {v: [${values(count)}]}}}}]}}`
const nested = (depth: number) =>
  withSteps(
    '- c0',
    `commands:\n${Array.from({ length: depth }, (_, i) => `  c${i}: {steps: [${i === depth - 1 ? 'checkout' : `c${i + 1}`}]}`).join('\n')}`,
  )
const logic = (depth: number) =>
  `version: 2.1\njobs: {a: {docker: [{image: a}], steps: []}}\nworkflows: {w: {when: ${'{not: '.repeat(depth - 1)}true${'}'.repeat(depth - 1)}, jobs: [a]}}`

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
