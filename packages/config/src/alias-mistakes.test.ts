import { expect, it } from 'vitest'
import { compileText, errorsOf } from './testing/compile-text.ts'

/** Names that stand for other names (semantics 9.2), where they lead nowhere. */

const withExecutors = (executors: string) =>
  `version: 2.1\nexecutors: {${executors}}\njobs: {build: {executor: e0, steps: [checkout]}}\nworkflows: {w: {jobs: [build]}}`
const chainOf = (length: number) =>
  `${Array.from({ length }, (_, index) => `e${index}: e${index + 1}`).join(', ')}, e${length}: {docker: [{image: a}]}`

it('a name that stands for none is told of where it is written, with the nearest name', () => {
  const source = withExecutors('e0: big, bigg: {docker: [{image: a}]}')
  const { diagnostics } = compileText(source)

  expect(diagnostics).toMatchObject([
    { code: 'unknown-executor', message: 'Cannot find a definition for executor named big: e0 -> big' },
  ])
  expect(source.slice(diagnostics[0]!.span.start, diagnostics[0]!.span.end)).toBe('big')
  expect(diagnostics[0]!.hint).toBe("Did you mean 'bigg'?")
})

it('names that stand for each other are a circle', () => {
  expect(errorsOf(withExecutors('e0: e1, e1: e0'))).toEqual([
    "recursion: executor 'e0' stands for itself: e0 -> e1 -> e0",
  ])
})

it('twenty names in a row pass, and one more is refused as that', () => {
  expect(errorsOf(withExecutors(chainOf(20)))).toEqual([])
  expect(errorsOf(withExecutors(chainOf(21)))).toEqual([
    "limit: executor 'e0' stands for another name more than 20 times",
  ])
})
