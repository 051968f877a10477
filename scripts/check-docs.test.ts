import { expect, test } from 'vitest'
import { documentProblems, type Repository } from './check-docs.ts'

const there = new Set([
  'packages/model',
  'docs/adr/0001-x.md',
  'README.md',
  'docs/picture.png',
  'scripts/images/build.sh',
])
const repository: Repository = {
  scripts: new Set(['check', 'test']),
  commands: new Set(['demo', 'up', 'help']),
  exists: (path) => there.has(path.replace(/\/$/, '')),
}

test('a document that is right has no problems', () => {
  const text =
    'Run `./rondo demo` or `npm run check`; see `packages/model`, [a choice](docs/adr/0001-x.md#why), [us](https://a.b/c), `scripts/images/build.sh`, `packages/*/src` and `refs/heads/main`.'

  expect(documentProblems('README.md', text, repository)).toEqual([])
})

test.each([
  ['npm run bench', 'npm run bench'],
  ['`./rondo launch`', './rondo launch'],
  ['[gone](docs/gone.md)', 'the link docs/gone.md'],
  ['![gone](gone.png)', 'the link gone.png'],
  ['`packages/gone/src`', 'packages/gone/src'],
  ['```sh\nnpm run gone\n```', 'npm run gone'],
])('%s is reported', (text, what) => {
  expect(documentProblems('README.md', text, repository)).toEqual([`README.md names ${what}, which does not exist`])
})

test('links are followed from the folder of their document', () => {
  const text = '[home](../README.md) [picture](picture.png) [gone](README.md)'

  expect(documentProblems('docs/guide.md', text, repository)).toEqual([
    'docs/guide.md names the link README.md, which does not exist',
  ])
})
