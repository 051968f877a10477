import { expect, test } from 'vitest'
import { repositoryNames } from './target.ts'

test.each([
  ['git@github.com:acme/web.git', 'acme/web'],
  ['https://github.com/acme/web', 'acme/web'],
  ['ssh://git@git.example.com:2222/acme/web.git/', 'acme/web'],
  [undefined, 'local/folder'],
  ['web', 'local/folder'],
])('a run here of what comes from %s is told it is %s', (origin, expected) => {
  const { organization, repository } = repositoryNames({ origin, root: '/home/folder' })
  expect(`${organization}/${repository}`).toBe(expected)
})
