import { expect, it } from 'vitest'
import { defaultLimits } from '../limits.ts'
import { createReport } from '../report.ts'
import { parseTree } from './parse.ts'

const lines = (count: number) => Array.from({ length: count }, (_, index) => `key${index}: value\n`).join('')

function read(source: string) {
  const report = createReport(500)
  const root = parseTree(source, 'f', defaultLimits, report)
  return { root, messages: report.diagnostics.map(({ message }) => message) }
}

it('reads a large text with a tag in its first line to the end', () => {
  const { root, messages } = read(`first: !!int 1\n${lines(10_000)}`)

  expect(messages).toEqual([])
  expect(root?.entries.size).toBe(10_001)
})

it('tells of a mistake at the end of a large text beside one at its beginning', () => {
  const { messages } = read(`first: "open" x\n${lines(10_000)}last: [\n`)

  expect(messages).toHaveLength(2)
})

it('reads a text that is full of mistakes no further than it takes to see that', () => {
  const { root, messages } = read(`${lines(10)}${'bad: "open" x\n'.repeat(50_000)}`)

  expect(root).toBeUndefined()
  expect(messages[0]).toMatch(/Unexpected/)
})
