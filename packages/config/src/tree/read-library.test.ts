import { expect, it } from 'vitest'
import { defaultLimits } from '../limits.ts'
import { createReport } from '../report.ts'
import { parseTree } from './parse.ts'

const lines = (count: number) => Array.from({ length: count }, (_, index) => `key${index}: value\n`).join('')

function read(source: string) {
  const report = createReport(500)
  const root = parseTree(source, 'f', defaultLimits, report)
  const { diagnostics } = report
  return {
    root,
    messages: diagnostics.map(({ message }) => message),
    places: diagnostics.map(({ span }) => span.start),
  }
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

it.each(['first', 'last'])('says of a very large text what is wrong at its %s entry, and no more', (where) => {
  const jobs = Array.from({ length: 30_000 }, (_, index) => `  job${index}:\n    - "value"\n`)
  const wrong = '  wrong:\n    - "open" x\n    - [1, 2\n'
  const source = `jobs:\n${where === 'first' ? wrong : ''}${jobs.join('')}${where === 'last' ? wrong : ''}after: {}\n`

  const { root, places } = read(source)

  expect(root).toBeUndefined()
  expect(places[0]).toBe(source.indexOf(' x\n') + 1)
  expect(places.every((place) => Math.abs(place - places[0]!) < 1_000)).toBe(true)
})

it('says what is wrong with a very large text in one pair of brackets', () => {
  const { root, messages } = read(`jobs: {${Array.from({ length: 30_000 }, (_, index) => `a${index}: "b", `).join('')}`)

  expect(root).toBeUndefined()
  expect(messages).toEqual(['Flow map must end with a }'])
})

it('reads a very large text with a construct that few use', () => {
  const { root, messages } = read(`${lines(20_000)}? complex\n: value\n`)

  expect(messages).toEqual([])
  expect(root?.entries.size).toBe(20_001)
})
