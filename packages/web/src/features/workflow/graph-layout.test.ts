import { expect, test } from 'vitest'
import { layoutGraph } from './graph-layout.ts'

test('a job stands right of everything it requires', () => {
  const placed = layoutGraph([
    { name: 'deploy', requires: ['test', 'lint'] },
    { name: 'build', requires: [] },
    { name: 'test', requires: ['build'] },
    { name: 'lint', requires: [] },
  ])

  expect(Object.fromEntries(placed.map((entry) => [entry.node.name, [entry.column, entry.row]]))).toEqual({
    deploy: [2, 0],
    build: [0, 0],
    test: [1, 0],
    lint: [0, 1],
  })
})

test('names that are not in the graph do not count', () => {
  expect(layoutGraph([{ name: 'a', requires: ['filtered-out'] }])[0]).toMatchObject({ column: 0, row: 0 })
})
