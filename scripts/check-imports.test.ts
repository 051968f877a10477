import { expect, test } from 'vitest'
import { importedModules, importProblems, readTable } from './check-imports.ts'

const table = readTable(`# Architecture

## Packages and who may import whom

| package | may import | what it is |
|---|---|---|
| model | | nouns |
| store | model | SQL |
| testkit | model, store | builders |

## Glossary
| word | meaning |
|---|---|
| job | a node |
`)

test('the table is read from its section alone', () => {
  expect([...table.keys()]).toEqual(['model', 'store', 'testkit'])
  expect([...(table.get('testkit') ?? [])]).toEqual(['model', 'store'])
  expect([...(table.get('model') ?? [])]).toEqual([])
})

test.each(['# Architecture\n', '## Packages and who may import whom\n\nsoon\n'])(
  'a document without it is refused',
  (document) => {
    expect(() => readTable(document)).toThrow('ARCHITECTURE.md has no')
  },
)

test('every form of import is seen, and comments are not', () => {
  const text = `
import 'a'
import b, { type B } from "b"
import type {
  C,
} from 'c'
export type { D } from 'd'
export * as e from 'e'
const f = await import('f')
type G = import('g').G
// import 'no'
/**
 * import { no } from 'no'
 */
`

  expect(importedModules(text).toSorted()).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
})

test.each([
  ['store', 'src/a.ts', '@rondo/model', true],
  ['store', 'src/a.ts', '@rondo/store', true],
  ['store', 'src/deep/a.ts', '../b.ts', true],
  ['store', 'src/a.ts', 'node:fs', true],
  ['store', 'src/a.test.ts', '@rondo/testkit', true],
  ['store', 'src/a.ts', '@rondo/testkit', false],
  ['model', 'src/a.ts', '@rondo/store', false],
  ['model', 'src/a.test.ts', '@rondo/store', true],
  ['model', 'src/a.test.ts', '@rondo/store/src/a.ts', false],
  ['model', 'src/a.test.ts', '@rondo/gone', false],
  ['store', 'src/a.ts', '@rondo/model/src/job.ts', false],
  ['store', 'src/a.ts', '../../model/src/index.ts', false],
])('in %s, %s importing %s is allowed: %s', (name, path, module, allowed) => {
  const problems = importProblems(table, { package: name, path, text: `import type { X } from '${module}'\n` })

  expect(problems.length === 0).toBe(allowed)
})
