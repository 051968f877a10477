import type { Pipeline } from '@rondo/model'
import { type Household, startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine
const homes = new Map<string, Household>()

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config = `
version: 2.1
jobs:
  a: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
  b: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
  c: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main:
    jobs:
      - a
      - b: {requires: [a]}
      - c
`

test('chosen jobs run again with what depends on them; the rest keeps the ending and the results it had [I-037]', async () => {
  const pipeline = await ended({ a: 'passed', c: 'failed', b: 'passed' })
  const before = await jobs(pipeline)

  await rerun(pipeline, { jobIds: [before.a!.id] })
  const after = await jobs(pipeline)

  expect(await engine.statuses(pipeline)).toEqual({ a: 'queued', b: 'blocked', c: 'failed' })
  expect([after.a?.keptFrom, after.b?.keptFrom, after.c?.keptFrom]).toEqual([null, null, before.c?.id])
  await engine.run(pipeline, 'a')
  await engine.run(pipeline, 'b')
  expect((await engine.workflow(pipeline)).status).toBe('failed')
})

test('a chosen job brings along what it needs and what had failed, not what had succeeded [I-037]', async () => {
  const pipeline = await ended({ a: 'failed', c: 'passed' })
  const before = await jobs(pipeline)

  await rerun(pipeline, { jobIds: [before.b!.id] })

  expect(await engine.statuses(pipeline)).toEqual({ a: 'queued', b: 'blocked', c: 'success' })
})

test('no job at all is refused with what to ask for instead, and nothing is made', async () => {
  const pipeline = await ended({ a: 'passed', c: 'passed', b: 'passed' })

  await expect(rerun(pipeline, { jobIds: [] })).rejects.toMatchObject({
    code: 'bad-request',
    message: expect.stringMatching(/names none.*leave the list out/),
  })

  expect(await engine.database.store.queries.workflowsOf([pipeline.id])).toHaveLength(1)
})

test('a job of another workflow is refused by its id, and nothing is made', async () => {
  const pipeline = await ended({ a: 'passed', c: 'passed', b: 'passed' })
  const stranger = await ended({ a: 'passed', c: 'passed', b: 'passed' })
  const { a } = await jobs(stranger)

  await expect(rerun(pipeline, { jobIds: [a!.id] })).rejects.toMatchObject({
    code: 'bad-request',
    message: expect.stringContaining(a!.id),
  })

  expect(await engine.database.store.queries.workflowsOf([pipeline.id])).toHaveLength(1)
})

test('a job is rerun open over SSH for whoever asked, and for nobody else; a project that allows no SSH keeps it closed [I-037 S-45]', async () => {
  const pipeline = await ended({ a: 'passed', c: 'passed', b: 'passed' })
  const before = await jobs(pipeline)

  const { accounts, sshAccess, userKeys, engine: store } = engine.database.store
  const { project, organization, user: owner } = homes.get(pipeline.id)!
  const other = await accounts.createUser({ login: `other-${owner.login}`, name: '', passwordHash: null, admin: false })
  for (const user of [owner, other])
    await userKeys.add({ userId: user.id, name: '', publicKey: 'ssh-ed25519 A', sha256: `SHA256:${user.login}` })
  const admitted = async (id: string) => [
    await sshAccess.admit(id, `SHA256:${owner.login}`, true),
    await sshAccess.admit(id, `SHA256:${other.login}`, true),
  ]

  await rerun(pipeline, { jobIds: [before.c!.id], enableSsh: true, actorId: owner.id })

  const after = await jobs(pipeline)
  const jobId = after.c!.id
  expect(await sshAccess.usersOf(jobId)).toEqual([owner.login])
  expect(await sshAccess.usersOf(after.b!.id)).toEqual([])
  expect(await admitted(jobId)).toEqual([owner.login, undefined])
  expect(await admitted(before.c!.id)).toEqual([undefined, undefined])
  // Whoever may start its jobs may join, a stranger may not.
  expect(await sshAccess.allow(jobId, other.id)).toBe(false)
  await accounts.setMember(organization.id, other.id, 'writer')
  expect(await sshAccess.allow(after.b!.id, other.id)).toBe(false)
  expect(await sshAccess.allow(jobId, other.id)).toBe(true)
  expect(await admitted(jobId)).toEqual([owner.login, other.login])
  // The agent is told that the job is open; what the project and the roles say counts at once.
  const task = await engine.take(pipeline, 'c')
  expect(await engine.plane.resume(task)).toMatchObject({ ssh: true })
  const entries = async () => {
    const { items } = await engine.database.store.queries.eventsOf(pipeline.id, { limit: 1_000 })
    return items.filter(({ kind }) => kind === 'ssh.admitted').length
  }
  // Anybody may ask about a public key; who came in is written down.
  const known = await entries()
  expect(await engine.plane.admitSsh(task, `SHA256:${other.login}`, false)).toEqual({ login: other.login })
  expect(await entries()).toBe(known)
  expect(await engine.plane.admitSsh(task, `SHA256:${other.login}`, true)).toEqual({ login: other.login })
  expect(await entries()).toBe(known + 1)
  await accounts.setMember(organization.id, other.id, 'reader')
  expect(await engine.plane.admitSsh(task, `SHA256:${other.login}`, true)).toEqual({ login: null })
  await accounts.saveProjectSettings(project.id, { disableSsh: true })
  expect(await admitted(jobId)).toEqual([undefined, undefined])
  expect((await store.attemptContext(task.attemptId)).ssh).toBe(false)
  await engine.end(task)
  await expect(rerun(pipeline, { enableSsh: true, actorId: owner.id })).rejects.toThrow()
  await expect(rerun(pipeline, { jobIds: [jobId], enableSsh: true })).rejects.toMatchObject({ code: 'forbidden' })
})

test('a pipeline is rerun at most a hundred times', async () => {
  const pipeline = await ended({ a: 'passed', c: 'passed', b: 'passed' })
  const { id, projectId } = (await engine.database.store.queries.workflowsOf([pipeline.id]))[0]!
  await engine.database.store.engine.transact(async (tx) => {
    for (let n = 0; n < 100; n++)
      await tx.createWorkflow({
        pipelineId: pipeline.id,
        projectId,
        name: 'main',
        status: 'success',
        startedBy: null,
        rerunOf: id,
        workspaceId: null,
        jobs: [],
      })
  })

  await expect(engine.actions.rerun({ workflowId: id, actorId: null, fromFailed: false })).rejects.toMatchObject({
    code: 'conflict',
    message: expect.stringMatching(/100 times/),
  })
})

async function ended(results: Readonly<Record<string, 'passed' | 'failed'>>): Promise<Pipeline> {
  const home = await engine.home()
  for (const task of await engine.claim()) await engine.finish(task)
  const pipeline = await engine.push(home.project, config)
  homes.set(pipeline.id, home)
  for (const [name, result] of Object.entries(results)) await engine.run(pipeline, name, result)
  return pipeline
}

async function jobs(pipeline: Pipeline) {
  const all = await engine.database.store.queries.jobsOf([(await engine.workflow(pipeline)).id])
  return Object.fromEntries(all.map((job) => [job.name, job]))
}

async function rerun(
  pipeline: Pipeline,
  parts: { jobIds?: readonly string[]; enableSsh?: boolean; actorId?: string },
): Promise<string> {
  const { id } = await engine.workflow(pipeline)
  return engine.actions.rerun({ workflowId: id, actorId: null, fromFailed: false, ...parts })
}
