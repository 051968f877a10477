import { expect, test } from 'vitest'
import { readRows, readTags, report } from './ledger.ts'

const rows = readRows(`
## A. Scope

| id | requirement | seed | notes |
|---|---|---|---|
| L-001 | One | 000 | R |
| L-002 | Two, see L-001 | 001 | P; 2.16 |

### Operation

| id | behaviour | implied by | notes |
|---|---|---|---|
| I-001 | Three | L-001 |  |
| C-01 | a contradiction | | |
`)

test('rows are read with their area and kind, and nothing but rows', () => {
  expect(rows).toEqual([
    { id: 'L-001', area: 'A. Scope', kind: 'R' },
    { id: 'L-002', area: 'A. Scope', kind: 'P' },
    { id: 'I-001', area: 'Operation', kind: '?' },
  ])
})

test('tags are ids in brackets at the end of a title, however the test is declared', () => {
  const source = `
test('one [L-001]', () => {})
test.each([[1, (x) => x(')')]])("two %s [L-002, I-001]", () => {})
test.runIf(ready)(
  \`three [L-003(a)]\`,
  () => expect(list['L-004']).toEqual(['L-005']),
)
// [L-006] is only spoken of
test('[L-007] at the start', () => {})
test('several brackets [L-008] [R-31]', () => {})
`

  expect(readTags(source)).toEqual(['L-001', 'L-002', 'I-001', 'L-003', 'L-008'])
})

test('the report counts by area and kind and ends with the total', () => {
  expect(report(rows, new Set(['L-001', 'I-001']))).toEqual([
    '  1 / 2  A. Scope  (P 0/1, R 1/1)',
    '           L-001',
    '  1 / 1  Operation  (? 1/1)',
    '           I-001',
    '2 / 3',
  ])
})
