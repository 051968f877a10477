import type { Seat } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine
let client: pg.Client

beforeAll(async () => {
  engine = await startTestEngine()
  client = new pg.Client({ connectionString: engine.database.connectionString })
  await client.connect()
})

afterAll(async () => {
  await client.end()
  await engine.stop()
})

const config = 'version: 2.1\njobs: {it: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {main: {jobs: [it]}}'
const [home, rebooted]: readonly [Seat, Seat] = [
  { folder: 'folder-one', place: 'boot-1:1:2' },
  { folder: 'folder-one', place: 'boot-2:1:2' },
]
const foreign: Seat = { folder: 'folder-two', place: 'boot-3:1:2' }
const machine = (hostname: string) => ({ hostname, cpus: 4, memoryMb: 8192, executors: ['docker'] })

let count = 0
async function newAgent(): Promise<string> {
  const { agentTokens } = engine.database.store
  const actorId = (await engine.home()).user.id
  const hash = Buffer.alloc(32, `agent ${++count}`)
  await agentTokens.create({ kind: 'agent', name: `agent-${count}`, hash, actorId })
  return (await agentTokens.find(hash))!.agentId!
}

/** Answers the host that is in the way; undefined: the seat is taken. */
async function sit(agentId: string, hostname: string, seat: Seat | undefined): Promise<string | undefined> {
  return (await engine.database.store.agents.greet(agentId, machine(hostname), seat))?.hostname
}

async function silentFor(agentId: string, seconds: number): Promise<void> {
  await client.query(`update agents set seen_at = now() - $2 * interval '1 second' where id = $1`, [agentId, seconds])
}

/** Somebody has been there to hear agents for so long. */
async function servedFor(seconds: number): Promise<void> {
  await engine.database.store.engine.announce({ name: 'server', roles: ['agents'] }, 6_000)
  await client.query(`update instances set since = now() - $1 * interval '1 second'`, [seconds])
}

test('an agent that starts again on its folder is the agent at once; a copy of the folder, and another with its token, are refused by the name of who is there [R-42]', async () => {
  await servedFor(3_600)
  const agent = await newAgent()

  const answers = [
    await sit(agent, 'first', home),
    await sit(agent, 'first', home),
    await sit(agent, 'clone', rebooted),
    await sit(agent, 'second', foreign),
    await sit(agent, 'old-version', undefined),
    await sit(agent, 'first', home),
  ]

  expect(answers).toEqual([undefined, undefined, 'first', 'first', 'first', undefined])
  expect((await engine.database.store.agents.list()).find(({ id }) => id === agent)).toMatchObject({
    hostname: 'first',
    rivalHost: 'old-version',
    rivalAt: expect.any(Date),
  })
})

test('who was silent for a minute gives way, to another folder only without a job; of two who ask at once one gets it [R-42]', async () => {
  await servedFor(3_600)
  const agent = await newAgent()
  await sit(agent, 'first', home)
  const task = await taskOf(agent)

  await silentFor(agent, 59)
  const early = [await sit(agent, 'clone', rebooted), await sit(agent, 'second', foreign)]
  await silentFor(agent, 61)
  const busy = await sit(agent, 'second', foreign)
  const same = await sit(agent, 'first', rebooted)
  await engine.planeOf({ id: agent }).grant(task)
  await endTask(agent, task)
  await silentFor(agent, 61)
  const both = await Promise.all([sit(agent, 'second', foreign), sit(agent, 'third', { ...foreign, place: 'x:1:1' })])

  expect(early).toEqual(['first', 'first'])
  expect([busy, same]).toEqual(['first', undefined])
  expect(both.filter((answer) => answer === undefined)).toHaveLength(1)
  expect(['second', 'third']).toContain(both.find((answer) => answer !== undefined))
})

test('silence counts only while somebody was there to hear: after an outage whoever is there stays [R-42 R-03]', async () => {
  const agent = await newAgent()
  await servedFor(3_600)
  await sit(agent, 'first', home)
  await silentFor(agent, 3_600)

  await servedFor(30)
  const justBack = await sit(agent, 'second', foreign)
  await client.query('delete from instances')
  const nobodyServes = await sit(agent, 'second', foreign)
  await servedFor(61)

  expect([justBack, nobodyServes]).toEqual(['first', 'first'])
  expect(await sit(agent, 'second', foreign)).toBeUndefined()
})

test('an agent of a version that did not say which process it is goes on, and gives way to one that does', async () => {
  await servedFor(3_600)
  const agent = await newAgent()

  expect(await sit(agent, 'old', undefined)).toBeUndefined()
  expect(await sit(agent, 'old', undefined)).toBeUndefined()
  expect(await sit(agent, 'new', home)).toBeUndefined()
  expect(await sit(agent, 'old', undefined)).toBe('new')
  await engine.database.store.agents.vacate(home.folder)
  expect(await sit(agent, 'new', rebooted)).toBeUndefined()
})

async function taskOf(agentId: string) {
  await engine.push((await engine.home()).project, config)
  const room = { cpus: 4, memoryMb: 8192 }
  const [task] = await engine.database.store.engine.claim({
    agentId,
    free: { ...room, tasks: 1 },
    machine: room,
    executors: ['docker'],
    leaseMs: 30_000,
  })
  return task!
}

async function endTask(agentId: string, { attemptId, epoch }: Awaited<ReturnType<typeof taskOf>>): Promise<void> {
  const entries = [{ type: 'task-finished', result: 'passed', message: null, at: new Date().toISOString() }] as const
  await engine.planeOf({ id: agentId }).report({ attemptId, epoch, from: 1, entries })
}
