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

test('a key longer than 900 characters is refused', () => {
  expect(cacheKey('k'.repeat(900), values, new Map())).toEqual({ key: 'k'.repeat(900) })
  expect(cacheKey('k'.repeat(901), values, new Map())).toEqual({ problem: expect.stringContaining('900 are allowed') })
})
