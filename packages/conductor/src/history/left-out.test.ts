import type { TriggerRequest } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeEvent } from './describe-event.ts'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config = `
version: 2.1
parameters: {release: {type: boolean, default: false}}
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main:
    jobs:
      - build
      - build: {name: publish, requires: [build], filters: {branches: {only: main}}}
      - build: {name: announce, requires: [publish]}
  release:
    when: << pipeline.parameters.release >>
    jobs: [build]
  check:
    unless: {equal: [topic, << pipeline.git.branch >>]}
    jobs: [build]
  tags:
    jobs: [build: {filters: {tags: {only: /^v.*/}, branches: {ignore: /.*/}}}]
  nightly:
    triggers: [schedule: {cron: "0 3 * * *", filters: {branches: {only: topic}}}]
    jobs: [build]
`

test('the history of a pipeline says which workflows and jobs of its config were left out, and by what', async () => {
  expect(await told({ ref: { branch: 'topic' } })).toEqual([
    ['workflow release left out', 'its `when` is false here'],
    ['workflow check left out', 'its `unless` is true here'],
    ['workflow main created', 'without publish, announce, which filters leave out for branch topic'],
    ['workflow tags left out', 'the filters of its jobs let none run for branch topic'],
    ['workflow nightly left out', 'it runs on its schedule only'],
  ])
})

test('on a tag the filters of tags decide, and it is named', async () => {
  expect(await told({ ref: { tag: 'v1' }, parameters: { release: true } })).toEqual([
    ['workflow main left out', 'the filters of its jobs let none run for tag v1'],
    ['workflow release left out', 'the filters of its jobs let none run for tag v1'],
    ['workflow check left out', 'the filters of its jobs let none run for tag v1'],
    ['workflow tags created', null],
    ['workflow nightly left out', 'it runs on its schedule only'],
  ])
})

test('who asked for one workflow is not told of the others', async () => {
  const only = { name: 'main', withRequired: false }

  expect(await told({ ref: { branch: 'main' }, trigger: 'api', only })).toEqual([['workflow main created', null]])
})

/** What is told of workflows when they are made, and why. */
async function told(parts: Partial<TriggerRequest>): Promise<readonly (readonly [string, string | null])[]> {
  const { project } = await engine.home()
  const pipeline = await engine.push(project, config, parts)
  const { items } = await engine.database.store.queries.eventsOf(pipeline.id, { limit: 100 })
  const made = items.filter(({ kind }) => kind === 'workflow.created' || kind === 'workflow.omitted')
  return made.map(describeEvent).map(({ what, why }) => [what, why])
}
