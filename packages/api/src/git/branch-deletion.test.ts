import type { Household, TestEngine, TestWeb } from '@rondo/testkit'
import { startTestEngine, startTestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createGitDoor } from './git-door.ts'

let engine: TestEngine
let web: TestWeb
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
  web = await startTestWeb(engine)
  home = await engine.home()
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

test('a branch that is deleted takes the schedules of its config along, no others, and what runs of it goes on [L-085 L-462]', async () => {
  const { project, user } = home
  const kept = await engine.push(project, config, { ref: { branch: 'main' } })
  const gone = await engine.push(project, config, { ref: { branch: 'topic' } })
  const errors: unknown[] = []
  const { accounts } = engine.database.store
  const door = createGitDoor(
    { accounts, actions: engine.actions } as unknown as Parameters<typeof createGitDoor>[0],
    {} as Parameters<typeof createGitDoor>[1],
    { publicUrl: 'http://ci.example.com', onError: (error) => errors.push(error) },
  )
  const before = (await engine.schedulesOf(project.id)).map((schedule) => schedule.branch).sort()

  const lines = await door.pushed(
    project,
    user,
    [{ ref: 'refs/heads/topic', before: 'a'.repeat(40), after: '0'.repeat(40) }],
    [],
  )

  expect(before).toEqual(['main', 'topic'])
  expect((await engine.schedulesOf(project.id)).map((schedule) => schedule.branch)).toEqual(['main'])
  expect([lines, errors]).toEqual([[], []])
  for (const pipeline of [kept, gone]) expect((await engine.workflow(pipeline, 'main')).status).toBe('running')
})
