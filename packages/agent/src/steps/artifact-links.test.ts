import { expect, test } from 'vitest'
import { fileBehind, type PackedLink } from './artifact-links.ts'

const files = new Set(['a', 'd/b', 'd/e/c'])

function behind(
  path: string,
  target: string,
  others: readonly PackedLink[] = [],
  kind: PackedLink['kind'] = 'symbolic',
) {
  const link: PackedLink = { path, target, kind }
  return fileBehind(link, new Map([...others, link].map((each) => [each.path, each])), (name) => files.has(name))
}

test.each([
  ['x', 'a', 'a'],
  ['x', './d/b', 'd/b'],
  ['d/x', 'b', 'd/b'],
  ['d/e/x', '../../a', 'a'],
  ['d/x', 'e/./c', 'd/e/c'],
])('%s -> %s is the file %s', (path, target, file) => {
  expect(behind(path, target)).toBe(file)
})

test.each([
  ['x', '/etc/passwd'],
  ['x', '../a'],
  ['d/x', '../../a'],
  ['x', '..'],
  ['x', 'd'],
  ['x', 'missing'],
  ['x', 'x'],
])('%s -> %s is no file of the folder', (path, target) => {
  expect(behind(path, target)).toBeUndefined()
})

test('a link to a link is followed, in a circle not for ever', () => {
  expect(behind('x', 'd/y', [{ path: 'd/y', target: '../a', kind: 'symbolic' }])).toBe('a')
  expect(behind('x', 'd/y', [{ path: 'd/y', target: '../x', kind: 'symbolic' }])).toBeUndefined()
})

test('a hard link names its file from the root of the folder', () => {
  expect(behind('d/e/x', 'd/b', [], 'hard')).toBe('d/b')
})
