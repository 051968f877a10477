import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkFirst } from './check-first.ts'
import { readRunOptions } from './options.ts'
import { snapshotWorkingTree } from './working-tree.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rondo-check-'))
  mkdirSync(join(folder, '.circleci'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** What `rondo run ARGS` finds wrong with a config. */
async function check(config: string, ...args: readonly string[]): Promise<string | undefined> {
  writeFileSync(join(folder, '.circleci/config.yml'), config)
  using tree = snapshotWorkingTree(folder)
  return (await checkFirst(tree, readRunOptions(args, {}))).mistakes
}

const job = 'docker: [{image: alpine}], steps: [{run: echo}]'
const fine = `version: 2.1
parameters: {depth: {type: integer, default: 1}}
jobs: {build: {${job}}}
workflows: {main: {jobs: [build]}}
`

test('a config without mistakes passes, whole or in part', async () => {
  expect(await check(fine)).toBeUndefined()
  expect(await check(fine, 'main/build', '-p', 'depth=2')).toBeUndefined()
})

test('a mistake is told with its place', async () => {
  const said = await check(fine.replace('steps:', 'stepz:'))
  expect(said).toContain('.circleci/config.yml:3:')
})

test('an unknown workflow or job is told by its name', async () => {
  expect(await check(fine, 'biuld')).toContain('biuld')
})

test('a parameter of the wrong kind is told', async () => {
  expect(await check(fine, '-p', 'depth=deep')).toContain('depth')
})

test('conditions see the branch and the commit that the run will have', async () => {
  const onTopic = fine.replace('main: {', 'main: {when: {equal: [topic, << pipeline.git.branch >>]}, ')
  expect(await check(onTopic, 'main', '--branch', 'topic')).toBeUndefined()
  const bySubject = fine.replace(
    'main: {',
    'main: {when: {equal: ["Working tree", << pipeline.git.commit.subject >>]}, ',
  )
  expect(await check(bySubject, 'main')).toBeUndefined()
})

test('a name to approve that is of no approval job is told, with those that there are', async () => {
  const held = fine.replace('[build]', '[build, hold: {type: approval, requires: [build]}]')

  expect(await check(held, '--approve', 'hold')).toBeUndefined()
  expect(await check(held, '--approve', 'all')).toBeUndefined()
  expect(await check(held, '--approve', 'hodl')).toBe('No approval job that would run is named hodl. There are: hold.')
  expect(await check(held, 'build', '--approve', 'hold')).toContain('There is none in what would run.')
})

test('what would run and cannot pass is told, and is no mistake', async () => {
  const docker = fine.replace('{run: echo}', 'setup_remote_docker, {run: echo}')
  expect(await check(docker)).toBeUndefined()
  using tree = snapshotWorkingTree(folder)
  expect((await checkFirst(tree, readRunOptions([], {}))).warnings).toEqual([
    'The job build will fail at its step setup_remote_docker, which cannot be carried out here.',
  ])
})

test('a config with an orb is left to the server, whose registry may have it', async () => {
  const withOrb = `version: 2.1\norbs: {x: acme/x@1}\njobs: {build: {docker: [{image: alpine}], steps: [x/go]}}\nworkflows: {main: {jobs: [build]}}\n`
  expect(await check(withOrb)).toBeUndefined()
})
