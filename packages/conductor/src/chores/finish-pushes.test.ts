import { AppError, type Project, type PushedRef, type UserActions } from '@rondo/model'
import { type Household, startTestEngine, type TestEngine } from '@rondo/testkit'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createPushActions } from '../pipelines/follow-push.ts'
import { finishDuePushes } from './finish-pushes.ts'

let engine: TestEngine
let home: Household
let database: pg.Client
/** Refs that Git moved. */
let moved: Set<string>
let actions: Pick<UserActions, 'trigger' | 'branchDeleted'>

const zeros = '0'.repeat(40)
const branch = (name: string): PushedRef => ({ ref: `refs/heads/${name}`, before: zeros, after: 'a'.repeat(40) })

beforeAll(async () => {
  engine = await startTestEngine({ agent: false })
  database = new pg.Client({ connectionString: engine.database.connectionString })
  await database.connect()
})

beforeEach(async () => {
  home = await engine.home()
  moved = new Set()
  actions = engine.actions
})

afterAll(async () => {
  await database.end()
  await engine.stop()
})

const following = () => createPushActions({ pushes: engine.database.store.pushes, actions })
const note = (...refs: PushedRef[]) =>
  following().note({
    projectId: home.project.id,
    actorId: home.user.id,
    refs,
    pullRequests: { urls: ['https://x.example/1'] },
  })

/** One round of a server, some minutes later. */
async function later(errors: unknown[] = []): Promise<void> {
  const { store } = engine.database
  await database.query(`update pushes set due_at = now(), noted_at = noted_at - interval '5 minutes'`)
  const hosting = { reached: async (_: unknown, { ref }: PushedRef) => moved.has(ref) }
  await finishDuePushes({ pushes: store.pushes, accounts: store.accounts, following: following(), hosting }, (error) =>
    errors.push(error),
  )
}

async function pipelinesOf({ id }: Project) {
  const found = await database.query(
    `select git->>'branch' as branch, trigger, triggered_by as by, git->'pullRequests'->'urls'->>0 as request from pipelines where project_id = $1 order by number`,
    [id],
  )
  return found.rows
}

const left = async () => (await database.query('select id from pushes')).rowCount

describe('a push whose server ended after Git had moved its refs', () => {
  test('gets its pipelines from another, as the pusher would have', async () => {
    await note(branch('main'), branch('topic'))
    moved = new Set(['refs/heads/main', 'refs/heads/topic'])

    await later()

    const made = { trigger: 'webhook', by: home.user.id, request: 'https://x.example/1' }
    expect(await pipelinesOf(home.project)).toEqual([
      { branch: 'main', ...made },
      { branch: 'topic', ...made },
    ])
    expect(await left()).toBe(0)
  })

  test('gets no second one when its server was only slow, or ended after the first of two', async () => {
    const push = await note(branch('main'), branch('topic'))
    moved = new Set(['refs/heads/main', 'refs/heads/topic'])
    const [first] = await following().follow(home.project, push, [branch('main')])
    await note(branch('main'))

    await database.query('insert into pushes (id, project_id, actor_id, refs, due_at) values ($1, $2, $3, $4, now())', [
      push.id,
      home.project.id,
      home.user.id,
      JSON.stringify(push.refs),
    ])
    await Promise.all([later(), following().follow(home.project, push, push.refs)])

    expect(first).toMatchObject({ kind: 'pipeline', name: 'main' })
    expect((await pipelinesOf(home.project)).map((pipeline) => pipeline.branch).sort()).toEqual(['main', 'topic'])
  })

  test('and is pushed again meanwhile, has one all the same: Git carried out one of the two', async () => {
    moved = new Set(['refs/heads/main'])
    await note(branch('main'))
    const again = await note(branch('main'))

    await following().follow(home.project, again, [branch('main')])
    await later()

    expect(await pipelinesOf(home.project)).toHaveLength(1)
    expect(await left()).toBe(0)
  })

  test('and is pushed again by a server that ends too, has one', async () => {
    moved = new Set(['refs/heads/main'])
    await note(branch('main'))
    await note(branch('main'))

    await Promise.all([later(), later()])
    await later()

    expect(await pipelinesOf(home.project)).toHaveLength(1)
    expect(await left()).toBe(0)
  })

  test('has a deleted branch forgotten once', async () => {
    const gone = { ref: 'refs/heads/old', before: 'b'.repeat(40), after: zeros }
    const push = await note(gone)
    moved = new Set(['refs/heads/old'])
    await following().follow(home.project, push, [gone])
    await following().follow(home.project, push, [gone])

    const told = await database.query(`select 1 from events where kind = 'branch.deleted' and project_id = $1`, [
      home.project.id,
    ])
    expect(told.rowCount).toBe(1)
  })
})

test('a push that Git has not carried out, or refused, makes nothing and is asked about ever more rarely, for a day', async () => {
  await note(branch('main'))
  await later()
  await later()
  const { rows } = await database.query(
    `select extract(epoch from due_at - now())::int as wait from pushes where project_id = $1`,
    [home.project.id],
  )
  expect(rows[0].wait).toBeGreaterThan(500)

  await database.query(`update pushes set noted_at = noted_at - interval '1 day'`)
  await later()
  expect(await left()).toBe(0)
  expect(await pipelinesOf(home.project)).toEqual([])
})

test('trouble is tried again until it is over; what is refused is not', async () => {
  actions = {
    ...engine.actions,
    trigger: async ({ ref }) => {
      throw new AppError(ref.branch === 'never' ? 'conflict' : 'unavailable', 'The database is away.')
    },
  }
  const push = await note(branch('main'), branch('never'))
  moved = new Set(push.refs.map(({ ref }) => ref))
  const errors: unknown[] = []
  const outcomes = await following().follow(home.project, push, push.refs)
  await later(errors)
  const waiting = await left()
  actions = engine.actions

  await later(errors)

  expect(outcomes.map((outcome) => outcome.kind === 'failed' && outcome.again)).toEqual([true, false])
  expect([errors.length, waiting, await left()]).toEqual([2, 1, 0])
  expect((await pipelinesOf(home.project)).map((pipeline) => pipeline.branch)).toEqual(['main', 'never'])
})
