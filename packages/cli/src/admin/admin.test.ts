import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runDueSchedules } from '@rondo/conductor'
import { rondo, startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
let folder: string
let env: Record<string, string>

const build = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows: {main: {jobs: [build, {hold: {type: approval}}]}}
`

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
  folder = mkdtempSync(join(tmpdir(), 'rondo-admin-'))
  const { accounts } = engine.database.store
  const root = await accounts.createUser({ login: 'root', name: 'root', passwordHash: null, admin: true })
  env = { RONDO_URL: await web.listen(), RONDO_TOKEN: await web.token(root) }
})

beforeEach(async () => {
  for (const task of await engine.claim()) await engine.finish(task)
})

afterAll(async () => {
  rmSync(folder, { recursive: true })
  await web.stop()
  await engine.stop()
})

const admin = (...args: readonly string[]) => rondo(['admin', ...args], { cwd: folder, env })

test('an operator blocks new work, sees what waits by URL, cancels some of it after a look, and lets the rest go on [L-302 L-305]', async () => {
  const home = await engine.home()
  const slug = `gh/${home.project.organizationName}/app`
  const blocked = await admin('block')
  for (const branch of ['jam', 'jam', 'main']) await engine.push(home.project, build, { ref: { branch } })

  const queue = await admin('queue', '--limit', '2')
  const look = await admin('cancel', '--branch', 'jam')
  const canceled = await admin('cancel', '--branch', 'jam', '--batch', '1', '--yes')
  const before = await engine.claim()
  const unblocked = await admin('unblock')

  expect(blocked.out).toMatch(/everything +all +0 \(blocked\)/)
  expect(queue.out).toMatch(/^usage queue {2}3 \(held back by a limit\)\nrun queue {4}0\n/)
  expect(queue.out).toContain(`${env.RONDO_URL}/jobs/${slug}/1  jam`)
  expect(look.out).toBe('2 waiting builds match. Add --yes to cancel them.\n')
  expect(canceled.out).toBe('2 of 2 builds were canceled.\n')
  expect(before).toEqual([])
  expect(unblocked.out).toBe('No limits.\n')
  expect(await engine.claim()).toHaveLength(1)
})

test('a support bundle holds processes, agents, queue, logs and settings without secrets, and is never written over another [L-391 L-392]', async () => {
  const { operations, settings } = engine.database.store
  const home = await engine.home()
  const pipeline = await engine.push(home.project, build)
  const { number } = await engine.job(pipeline, 'build')
  await settings.set({ organizationId: null, projectId: null }, 'time.queue', 7, null)
  const problem = 'cannot reach postgres://rondo:hunter2@db.example.com:5432/ci'
  // Once an hour: it is not late while the tests after this one look.
  await operations.recordLoop({ name: 'chores', server: 'host/1', pauseMs: 3_600_000, tookMs: 1, problem })

  const made = await admin('bundle', 'bundle.json')
  const again = await admin('bundle', 'bundle.json')
  const elsewhere = await admin('bundle', 'missing/bundle.json')
  const text = readFileSync(join(folder, 'bundle.json'), 'utf8')
  await settings.set({ organizationId: null, projectId: null }, 'time.queue', undefined, null)

  expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^bundle\.json is written\. Read it before/) })
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('is there already')])
  expect([elsewhere.code, elsewhere.err]).toEqual([1, expect.stringContaining('cannot be written (ENOENT)')])
  expect(text).not.toContain('hunter2')
  expect(JSON.parse(text)).toMatchObject({
    loops: { loops: [expect.objectContaining({ problem: expect.stringContaining('xxxx@db.example.com') })] },
    agents: { agents: [expect.objectContaining({ name: 'test-agent' })] },
    dispatcher: {
      items: expect.arrayContaining([expect.objectContaining({ build: expect.stringMatching(`/${number}$`) })]),
    },
    queue: expect.any(Object),
    locks: { locks: [] },
    settings: expect.any(Object),
  })
  expect(text).toMatch(/"time\.queue"/)
})

test('a support bundle says what could not be had, and why', async () => {
  const home = await engine.home()
  const made = await rondo(['admin', 'bundle', 'poor.json'], {
    cwd: folder,
    env: { ...env, RONDO_TOKEN: await web.token(home.user) },
  })

  expect(made.code).toBe(1)
  expect(made.out).toMatch(/^poor\.json is written, without loops, /)
  expect(JSON.parse(readFileSync(join(folder, 'poor.json'), 'utf8')).loops).toEqual({
    missing: expect.stringMatching(/administrator/),
  })
})

test('promoting builds that are not there names them, and promotes none of the others', async () => {
  const [home, other] = [await engine.home(), await engine.home()]
  const unknown = '00000000-0000-4000-8000-000000000000'
  const own = await engine.job(await engine.push(home.project, build), 'build')
  const foreign = await engine.job(await engine.push(other.project, build), 'build')
  const slug = `gh/${home.project.organizationName}/app`

  const nothing = await admin('promote', own.id, unknown)
  const elsewhere = await admin('promote', '--project', slug, foreign.id)
  const there = await admin('promote', '--project', slug, own.id.toUpperCase())

  expect([nothing.code, nothing.out]).toEqual([1, ''])
  expect(nothing.err).toContain(`There is no build ${unknown}`)
  expect([elsewhere.code, elsewhere.err]).toEqual([1, expect.stringContaining(`There is no build ${foreign.id}`)])
  expect([there.code, there.out]).toEqual([0, '1 build (1 task) goes before all others.\n'])
})

test('an administrator reads all that happened to a pipeline: when, who, what and why', async () => {
  const home = await engine.home()
  const pipeline = await engine.push(home.project, build, { actorId: home.user.id })
  const task = await engine.take(pipeline, 'build')
  const at = '2026-01-01T00:00:00.000Z'
  const start = { type: 'step-started', name: 'Unit tests', kind: 'run', command: 'x', background: false } as const
  const end = { type: 'step-finished', result: 'failed', outputBytes: 0, outputSha256: '', truncated: false } as const
  await engine.plane.report({
    ...task,
    from: 1,
    entries: [
      { ...start, step: 0, at },
      { ...end, step: 0, exitCode: 3, at },
      { type: 'task-finished', result: 'failed', message: 'the step broke', at },
    ],
  })
  await engine.actions.approve((await engine.job(pipeline, 'hold')).id, home.user.id)

  const byId = await admin('history', pipeline.id)
  const byNumber = await admin('history', `gh/${home.project.organizationName}/app`, String(pipeline.number))

  expect(byId.out).toMatch(
    new RegExp(`^20\\S+Z +${home.user.login} +- +pipeline 1 created by a push \\(branch main at [0-9a-f]{12}\\)$`, 'm'),
  )
  expect(byId.out).toMatch(
    /rondo +main\/build +job build: running → failed: step 0 Unit tests failed, exit code 3: the step broke$/m,
  )
  expect(byId.out).toMatch(/job build: blocked → queued$/m)
  expect(byId.out).not.toMatch(/ queued\n.* queued\n/)
  expect(byId.out).toMatch(new RegExp(`${home.user.login} +main/hold +job hold: on_hold → success$`, 'm'))
  expect(byNumber.out).toBe(byId.out)
})

test('an administrator reads what came of the runs of schedules, and what of a project made pipelines or none', async () => {
  const home = await engine.home()
  const slug = `gh/${home.project.organizationName}/${home.project.name}`
  await engine.push(home.project, build, { actorId: home.user.id })
  await engine.database.store.schedules.create({
    projectId: home.project.id,
    name: 'nightly',
    description: '',
    branch: 'missing',
    tag: null,
    timetable: { cron: '0 3 * * *' },
    parameters: {},
    actorId: null,
    nextAt: new Date(Date.now() - 5_000),
  })
  await runDueSchedules({ ...engine.database.store, actions: engine.actions })

  const [runs, history, wrong] = [
    await admin('dispatcher', '--schedules', '--limit', '1'),
    await admin('history', slug),
    await admin('history', slug, '--limit', 'all'),
  ]

  const lost = `no pipeline by schedule nightly, \\d+\\.\\d s late: Branch or tag missing was not found in ${slug.slice(3)}\\. The schedule stays\\.`
  expect(runs.out).toMatch(new RegExp(`^20\\S+ ${slug.slice(3)} - ${lost}$`, 'm'))
  expect(history.out).toMatch(new RegExp(`^20\\S+Z +${home.user.login} +- +pipeline 1 created by a push`, 'm'))
  expect(history.out).toMatch(new RegExp(`rondo +- +${lost}$`, 'm'))
  expect([wrong.code, wrong.err]).toEqual([2, expect.stringContaining('"all" is no number of lines')])
})

test('a setting is changed and read back; a wrong one is refused with what it may be', async () => {
  const good = await admin('settings', 'time.run', '60')
  const bad = await admin('settings', 'time.run', 'soon')
  const back = await admin('settings', 'time.run', 'default')

  expect(good.out).toMatch(/^time\.run +60 minutes +here +by root at 20\S+ \S+ UTC/m)
  expect([bad.code, bad.err]).toEqual([
    1,
    expect.stringContaining('time.run cannot be "soon". Give a whole number of minutes from 1 to 10080.'),
  ])
  expect(back.out).toMatch(/^time\.run +300 minutes +standard/m)
})

test('who is no administrator is refused, and a call that makes no sense is explained', async () => {
  const { user } = await engine.home()
  const token = await web.token(user)

  const [stranger, age, limit, nothing] = await Promise.all([
    rondo(['admin', 'block'], { cwd: folder, env: { ...env, RONDO_TOKEN: token } }),
    admin('cancel', '--older-than', 'long'),
    admin('limit', 'many'),
    admin('history', 'none'),
  ])

  expect([stranger.code, stranger.err]).toEqual([1, expect.stringContaining('administrators of the installation')])
  expect([age.code, age.err]).toEqual([2, expect.stringContaining('Write it as 90s, 15m, 2h or 1d.')])
  expect([limit.code, nothing.code]).toEqual([2, 1])
})

test('the log of dispatcher and scheduler shows each build as soon as it is taken, what it asks for, which agent got it, and how it ended [L-307 L-380 L-383 L-384 L-386]', async () => {
  const home = await engine.home()
  const pipeline = await engine.push(home.project, build)
  const { id } = await engine.job(pipeline, 'build')
  const name = `${home.project.organizationName}/app/1`
  const taken = await admin('dispatcher', id)
  await engine.end(await engine.take(pipeline, 'build'))

  const ended = await admin('dispatcher', id)
  const all = await admin('dispatcher', '--limit', '1000')

  expect(taken.out).toMatch(
    new RegExp(
      `^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}\\+00:00 ${name} ${id} took the build: resource class \\w+, 1 task, in the usage queue\n$`,
    ),
  )
  expect(
    ended.out
      .trim()
      .split('\n')
      .map((line) => line.replace(/^(\S+ ){3}/, '')),
  ).toEqual([
    expect.stringMatching(/^took the build/),
    expect.stringMatching(/^forwarded to run-queue and scheduled: task 0 on test-agent, attempt 1, waited \d+\.\d s$/),
    'start granted: task 0',
    'usage changed: task 0 ended, passed',
  ])
  expect(all.out).toMatch(/^# dispatcher mode: [^\n]*; no run-queue worker is needed\n/)
  expect(all.out).toContain('config fetched and parsed at aaaaaaaaaaaa: pipeline 1')
})

test('when nothing runs, each stage leaves its evidence: the dispatcher has the build, no agent has joined, the loops go on, the history ends there [L-379 L-387]', async () => {
  const [elsewhere, folderHome] = [await startTestEngine({ agent: false }), folder]
  const there = await startTestWeb(elsewhere)
  try {
    const { accounts, operations } = elsewhere.database.store
    const root = await accounts.createUser({ login: 'root', name: 'root', passwordHash: null, admin: true })
    const own = { RONDO_URL: await there.listen(), RONDO_TOKEN: await there.token(root) }
    const ask = (...args: readonly string[]) => rondo(['admin', ...args], { cwd: folderHome, env: own })
    const pipeline = await elsewhere.push((await elsewhere.home()).project, build)
    const { id } = await elsewhere.job(pipeline, 'build')
    await operations.recordLoop({ server: 'here/1', name: 'leases', pauseMs: 5_000, tookMs: 12, problem: null })

    const stages = [
      await ask('dispatcher', id),
      await ask('queue'),
      await ask('health'),
      await ask('history', pipeline.id),
    ]

    expect(stages.map((stage) => stage.code)).toEqual([0, 0, 0, 0])
    expect(stages[0]!.out.trim().split('\n')).toEqual([expect.stringContaining('took the build')])
    expect(stages[1]!.out).toMatch(
      /run queue +1, none of which can start: no agent has joined\n[\s\S]*No agent has joined: nothing can run\.\n$/,
    )
    expect(stages[2]!.out).toMatch(/^leases +here\/1 +ok/m)
    expect(stages[3]!.out).toMatch(/job build: blocked → queued/)
    expect(stages[3]!.out).not.toContain('taken by agent')
  } finally {
    await there.stop()
    await elsewhere.stop()
  }
})

test('a loop that stopped, or whose last round failed, shows in the health of the servers', async () => {
  const { operations } = engine.database.store
  const round = { server: 'here/1', pauseMs: 5_000, tookMs: 12, problem: null }
  await operations.recordLoop({ ...round, name: 'leases' })
  const well = await admin('health')
  await operations.recordLoop({ ...round, name: 'retention', pauseMs: -120_000, problem: 'the disk is full' })

  const late = await admin('health')

  expect([well.code, well.out]).toEqual([0, expect.stringMatching(/^leases +here\/1 +ok +\S+ +12 ms +-$/m)])
  expect([late.code, late.out]).toEqual([1, expect.stringMatching(/^retention +here\/1 +LATE .* the disk is full$/m)])
})

test('the loops of a server that was killed are gone once another server runs them, and health is well again', async () => {
  const { operations } = engine.database.store
  const round = { pauseMs: 5_000, tookMs: 12, problem: null }
  // A stopped loop of another test would be late for good.
  for (const name of ['leases', 'retention']) await operations.recordLoop({ ...round, server: 'here/1', name })
  await operations.recordLoop({ ...round, server: 'killed/1', name: 'takeover', pauseMs: -120_000 })
  const late = await admin('health')
  await operations.recordLoop({ ...round, server: 'here/1', name: 'takeover' })

  const well = await admin('health')

  expect([late.code, late.out]).toEqual([1, expect.stringMatching(/^takeover +killed\/1 +LATE /m)])
  expect([well.code, well.out]).toEqual([0, expect.stringMatching(/^takeover +killed\/1 +gone /m)])
})

test('a dry run of retention says what would go, and nothing runs without saying that it is dry', async () => {
  const dry = await admin('retention', '--dry-run')
  const wet = await admin('retention')

  expect(dry.out).toBe('Nothing is older than it is kept for.\n')
  expect([wet.code, wet.err]).toEqual([2, expect.stringContaining('See what would go with --dry-run.')])
})
