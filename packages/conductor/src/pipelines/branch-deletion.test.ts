import type { Household, TestEngine } from '@rondo/testkit'
import { startTestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createPushActions } from './follow-push.ts'

let engine: TestEngine
let home: Household

const config = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main: {jobs: [build]}
  nightly:
    triggers: [{schedule: {cron: "0 3 * * *", filters: {branches: {only: /.*/}}}}]
    jobs: [build]
`

beforeAll(async () => {
  engine = await startTestEngine()
  home = await engine.home()
})

afterAll(async () => {
  await engine.stop()
})

test('a branch that is deleted takes the schedules of its config along, no others, and what runs of it goes on [L-085 L-462]', async () => {
  const { project, user } = home
  const kept = await engine.push(project, config, { ref: { branch: 'main' } })
  const gone = await engine.push(project, config, { ref: { branch: 'topic' } })
  const { pushes } = engine.database.store
  const following = createPushActions({ pushes, actions: engine.actions })
  const before = (await engine.schedulesOf(project.id)).map((schedule) => schedule.branch).sort()

  const refs = [{ ref: 'refs/heads/topic', before: 'a'.repeat(40), after: '0'.repeat(40) }]
  const push = await following.note({ projectId: project.id, actorId: user.id, refs })
  const outcomes = await following.follow(project, push, refs)

  expect(before).toEqual(['main', 'topic'])
  expect((await engine.schedulesOf(project.id)).map((schedule) => schedule.branch)).toEqual(['main'])
  expect(outcomes).toEqual([{ kind: 'deleted', name: 'topic', branch: true }])
  for (const pipeline of [kept, gone]) expect((await engine.workflow(pipeline, 'main')).status).toBe('running')
})
