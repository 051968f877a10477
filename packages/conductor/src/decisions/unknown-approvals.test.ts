import { compile } from '@rondo/config'
import { expect, test } from 'vitest'
import { unknownApprovals } from './unknown-approvals.ts'

const source = `version: 2.1
jobs:
  build: {docker: [{image: debian}], steps: [{run: make}]}
workflows:
  main:
    jobs:
      - build
      - hold: {type: approval, requires: [build]}
      - publish: {type: approval, filters: {branches: {only: release}}}
  nightly:
    triggers: [{schedule: {cron: '0 0 * * *', filters: {branches: {only: main}}}}]
    jobs: [sleep: {type: approval}]
`

function unknown(config: string, names: readonly string[], branch = 'main'): string | undefined {
  const { plan, diagnostics } = compile(config, { pipelineValues: {} })
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics))
  return unknownApprovals(plan, names, { branch, tag: null })
}

test.each([
  ['an approval job that would run', ['hold'], 'main', undefined],
  ['one of this branch', ['hold', 'publish'], 'release', undefined],
  ['none at all', [], 'main', undefined],
  ['no job at all', ['hodl'], 'main', 'No approval job that would run is named hodl. There are: hold.'],
  [
    'a job of another type, one of another branch, one of a schedule',
    ['build', 'publish', 'sleep'],
    'main',
    'No approval job that would run is named build or publish or sleep. There are: hold.',
  ],
])('names of %s', (_what, names, branch, said) => {
  expect(unknown(source, names, branch)).toBe(said)
})

test('where there is no approval job at all that is said', () => {
  expect(unknown(source.replace(/ {6}- (hold|publish).*\n/g, ''), ['hold'])).toBe(
    'No approval job that would run is named hold. There is none in what would run.',
  )
})

test('a setup config may be continued with any', () => {
  const setup = source.replace('2.1', '2.1\nsetup: true').replace(/ {2}nightly:[\s\S]*/, '')

  expect(unknown(setup, ['later'])).toBeUndefined()
})
