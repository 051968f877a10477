import { expect, test } from 'vitest'
import { cacheKey, checksumFiles } from './cache-key.ts'

const values = { branch: 'main', buildNum: 7, revision: 'abc', environment: { TOOL: 'v2' } }

test('key templates use branch, build, revision, variables and checksums [I-014]', () => {
  const template = 'v1-{{ .Branch }}-{{ .BuildNum }}-{{ .Revision }}-{{ .Environment.TOOL }}-{{ checksum "go.sum" }}'

  expect(checksumFiles(template)).toEqual(['go.sum'])
  expect(cacheKey(template, values, new Map([['go.sum', 'c2Vj']]))).toEqual({ key: 'v1-main-7-abc-v2-c2Vj' })
})

test('a checksum of a file that does not exist is a problem in words', () => {
  expect(cacheKey('x-{{ checksum "gone" }}', values, new Map())).toEqual({
    problem: expect.stringContaining('{{ checksum "gone" }} cannot be resolved. The file does not exist'),
  })
})

test('a part that is never closed is a problem, though others can be filled in [I-014]', () => {
  const closed = 'The cache key part {{ .Branch cannot be resolved: its '
  expect(cacheKey('x-{{ ', values, new Map())).toEqual({ problem: expect.stringContaining('part {{ cannot be') })
  expect(cacheKey('{{ arch }}-{{ .Branch ', values, new Map())).toEqual({ problem: expect.stringContaining(closed) })
  expect(cacheKey('x }} y { {', values, new Map())).toEqual({ key: 'x }} y { {' })
  const odd = { ...values, environment: { TOOL: '{{ odd' } }
  expect(cacheKey('{{ .Environment.TOOL }}', odd, new Map())).toEqual({ key: '{{ odd' })
})

test('dashes inside of the braces take away blanks outside of them', () => {
  expect(cacheKey('v1- {{- .Branch -}} -x', values, new Map())).toEqual({ key: 'v1-main-x' })
  expect(checksumFiles('{{- checksum "go.sum" -}}')).toEqual(['go.sum'])
})

test('a key longer than 900 characters is refused', () => {
  expect(cacheKey('k'.repeat(900), values, new Map())).toEqual({ key: 'k'.repeat(900) })
  expect(cacheKey('k'.repeat(901), values, new Map())).toEqual({ problem: expect.stringContaining('900 are allowed') })
})
