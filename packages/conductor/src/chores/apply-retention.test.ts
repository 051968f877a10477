import { join } from 'node:path'
import { openFileObjects } from '@rondo/adapters'
import { nothingSet, type Objects, type Project, type SettingsView } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stepIdOf } from '../attempts/step-id.ts'
import { dueRetention, retainOneProject, retentionDays, sweepNextFolder } from './apply-retention.ts'

let engine: TestEngine
let objects: Objects
let database: pg.Client

beforeAll(async () => {
  engine = await startTestEngine()
  objects = await openFileObjects(join(engine.database.folder, 'objects'))
  database = new pg.Client({ connectionString: engine.database.connectionString })
  await database.connect()
})

afterAll(async () => {
  await database.end()
  await engine.stop()
})

const config = (retention = '') => `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], ${retention} steps: [{run: "true"}]}
workflows: {main: {jobs: [build]}}
`
const day = 86_400_000
const set = (values: SettingsView['installation']): SettingsView => ({ ...nothingSet, installation: values })
const ports = (view: SettingsView = nothingSet) => ({
  retention: engine.database.store.retention,
  settings: { view: async () => view },
  output: engine.output,
})

async function stored(text: string) {
  return objects.write(
    (async function* () {
      yield Buffer.from(text)
    })(),
  )
}

/** A pipeline whose job leaves one of everything. */
async function build(project: Project, text: string, retention = '') {
  const pipeline = await engine.push(project, config(retention))
  const task = await engine.take(pipeline, 'build')
  const at = new Date().toISOString()
  const object = await stored(text)
  const started = {
    type: 'step-started',
    step: 0,
    name: 'run',
    kind: 'run',
    command: 'true',
    background: false,
    at,
  } as const
  await engine.plane.report({ ...task, from: 1, entries: [started] })
  await engine.plane.appendOutput(task, 0, 0, Buffer.from('hello\n'))
  const test = {
    name: 't',
    classname: 'c',
    file: null,
    result: 'success',
    message: '',
    runTime: 1,
    source: 's',
  } as const
  await engine.plane.report({
    ...task,
    from: 2,
    entries: [
      { type: 'artifact-stored', path: 'a.txt', object },
      { type: 'cache-saved', key: text, object },
      { type: 'workspace-persisted', object },
      { type: 'tests-stored', tests: [test] },
      {
        type: 'step-finished',
        step: 0,
        result: 'passed',
        exitCode: 0,
        outputBytes: 6,
        outputSha256: '0'.repeat(64),
        truncated: false,
        at,
      },
      { type: 'task-finished', result: 'passed', message: null, at },
    ],
  })
  await engine.settle()
  const job = await engine.job(pipeline, 'build')
  const [step] = await engine.database.store.queries.stepsOf(job.id)
  return { pipeline, job, stepId: step!.id, object }
}

/** Makes everything of a project older. */
async function age(project: Project, days: number): Promise<void> {
  const back = `- $2 * interval '1 day'`
  await database.query(`update jobs set stopped_at = stopped_at ${back} where project_id = $1`, [project.id, days])
  await database.query(`update caches set created_at = created_at ${back} where project_id = $1`, [project.id, days])
  await database.query(`update pipelines set created_at = created_at ${back} where project_id = $1`, [project.id, days])
}

async function left({ job, stepId }: Awaited<ReturnType<typeof build>>, project: Project) {
  const { queries, engine: work } = engine.database.store
  return {
    artifacts: (await queries.artifactsOf(job.id)).length,
    tests: (await queries.testsOf(job.id)).length,
    workspaces: (await work.workspaceLayers([job.id])).length,
    caches: (await database.query('select from caches where project_id = $1', [project.id])).rowCount,
    output: await engine.output.size(stepId),
  }
}

async function wholeWalk(view?: SettingsView): Promise<void> {
  while ((await retainOneProject(ports(view))) !== undefined);
}

const everything = { artifacts: 1, tests: 1, workspaces: 1, caches: 1, output: 6 }

test('what is older than it is kept for goes, kind by kind, and all else stays', async () => {
  const { project } = await engine.home()
  const built = await build(project, 'one')
  await wholeWalk()
  const fresh = await left(built, project)
  await age(project, 20)
  await wholeWalk()
  const afterTwenty = await left(built, project)
  await age(project, 80)
  await wholeWalk()

  expect(fresh).toEqual(everything)
  expect(afterTwenty).toEqual({ ...everything, workspaces: 0, caches: 0 })
  expect(await left(built, project)).toEqual({ artifacts: 0, tests: 0, workspaces: 0, caches: 0, output: 0 })
  expect((await engine.database.store.queries.stepsOf(built.job.id))[0]).toMatchObject({ outputExpired: true })
})

test('output of a step that a lost agent never told of goes with the rest', async () => {
  const { project } = await engine.home()
  const task = await engine.take(await engine.push(project, config()), 'build')
  await engine.plane.appendOutput(task, 3, 0, Buffer.from('early\n'))
  const at = new Date().toISOString()
  await engine.plane.report({
    ...task,
    from: 1,
    entries: [{ type: 'task-finished', result: 'lost', message: null, at }],
  })
  await engine.settle()
  const stream = stepIdOf(task.attemptId, 3)
  const before = await engine.output.size(stream)
  await age(project, 100)

  await wholeWalk()

  expect([before, await engine.output.size(stream)]).toEqual([6, 0])
})

test('a dry run tells count and size of what would go, by project and kind, and takes nothing', async () => {
  const { project } = await engine.home()
  const built = await build(project, 'dry run')
  await age(project, 400)
  const slug = `gh/${project.organizationName}/app`

  const found = await dueRetention(engine.database.store.retention, [{ id: project.id, slug }], nothingSet)

  expect(found).toEqual([
    { project: slug, kind: 'output', days: 90, count: 1, bytes: 6 },
    { project: slug, kind: 'artifacts', days: 30, count: 1, bytes: 7 },
    // The same object: its bytes go once.
    { project: slug, kind: 'workspaces', days: 15, count: 1, bytes: 0 },
    { project: slug, kind: 'test-results', days: 90, count: 1, bytes: 'tcsuccesss'.length },
    { project: slug, kind: 'caches', days: 15, count: 1, bytes: 0 },
  ])
  expect(await left(built, project)).toEqual(everything)
})

test('a dry run tells of pipelines what the other policies leave of them, and of objects what nothing that stays names', async () => {
  const { project } = await engine.home()
  await build(project, 'only of the old')
  const shared = await build(project, 'also of the newest')
  const newest = await build(project, 'newest')
  await age(project, 50)
  await database.query(
    `insert into artifacts (job_id, node_index, path, digest, size) select $1, 0, 'b.txt', digest, size from artifacts where job_id = $2`,
    [newest.job.id, shared.job.id],
  )
  const slug = `gh/${project.organizationName}/app`
  const dryRun = async (values: SettingsView['installation']) => {
    const found = await dueRetention(engine.database.store.retention, [{ id: project.id, slug }], set(values))
    return Object.fromEntries(found.map(({ kind, count, bytes }) => [kind, [count, bytes]]))
  }
  const forEver = { 'retention.caches': 0, 'retention.workspaces': 0, 'retention.artifacts': 0 }
  const test = 'tc'.length + 'success'.length + 's'.length

  // Everything of the two old ones goes with them: output, test results; their objects stay in the caches.
  await database.query('delete from caches where project_id = $1 and digest = $2', [project.id, shared.object.digest])
  const withoutObjects = await dryRun({ ...forEver, 'retention.pipelines': 40, 'retention.test-results': 0 })
  await database.query('delete from caches where project_id = $1', [project.id])
  const withObjects = await dryRun({ ...forEver, 'retention.pipelines': 40, 'retention.test-results': 0 })
  const beside = await dryRun({
    ...forEver,
    'retention.pipelines': 40,
    'retention.test-results': 20,
    'retention.output': 20,
  })

  expect(withoutObjects).toEqual({ pipelines: [2, 12 + 2 * test] })
  expect(withObjects).toEqual({ pipelines: [2, 12 + 2 * test + 'only of the old'.length] })
  expect(beside).toEqual({
    output: [3, 18],
    'test-results': [3, 3 * test],
    pipelines: [2, 'only of the old'.length],
  })
  await wholeWalk(set({ ...forEver, 'retention.pipelines': 40 }))
  expect(await dryRun({ ...forEver, 'retention.pipelines': 40 })).toEqual({})
})

test('a project may keep things for longer or shorter, and its configs caches for shorter only', async () => {
  const [{ project }, { project: strict }, { project: asking }] = [
    await engine.home(),
    await engine.home(),
    await engine.home(),
  ]
  const [kept, gone, short] = [
    await build(project, 'kept'),
    await build(strict, 'gone'),
    await build(asking, 'short', 'retention: {caches: 2d},'),
  ]
  for (const home of [project, strict, asking]) await age(home, 5)
  const view: SettingsView = {
    installation: {},
    projects: new Map([[strict.id, { 'retention.artifacts': 1, 'retention.caches': 0 }]]),
  }

  await wholeWalk(view)

  expect(await left(kept, project)).toEqual(everything)
  expect(await left(gone, strict)).toEqual({ ...everything, artifacts: 0 })
  expect(await left(short, asking)).toEqual({ ...everything, caches: 0 })
})

test('pipelines go with all their rows and their output, but never the newest of a project, nor one that has not ended', async () => {
  const { project } = await engine.home()
  const open = await engine.push(project, config())
  const old = await build(project, 'old')
  const newest = await build(project, 'newest')
  await database.query(`update jobs set status = 'on_hold' where workflow_id = $1`, [(await engine.workflow(open)).id])
  await database.query(`update workflows set stopped_at = null, status = 'on_hold' where pipeline_id = $1`, [open.id])
  await age(project, 50)

  await wholeWalk(set({ 'retention.pipelines': 40, 'retention.output': 0, 'retention.artifacts': 0 }))

  const { queries } = engine.database.store
  expect(await queries.pipeline(old.pipeline.id)).toBeUndefined()
  expect(await engine.output.size(old.stepId)).toBe(0)
  expect((await queries.eventsOf(old.pipeline.id, { limit: 10 })).items).toEqual([])
  expect([await queries.pipeline(open.id), await queries.pipeline(newest.pipeline.id)]).not.toContain(undefined)
  expect(await engine.output.size(newest.stepId)).toBe(6)
})

test('a workspace stays while a workflow that may attach it has not ended', async () => {
  const { project } = await engine.home()
  const built = await build(project, 'needed')
  const { id } = await engine.workflow(built.pipeline)
  await database.query(`update workflows set stopped_at = null, status = 'on_hold' where id = $1`, [id])
  await age(project, 100)

  await wholeWalk()
  const before = await left(built, project)
  await database.query(`update workflows set stopped_at = now(), status = 'success' where id = $1`, [id])
  await wholeWalk()

  expect(before).toMatchObject({ workspaces: 1, artifacts: 0 })
  expect(await left(built, project)).toMatchObject({ workspaces: 0 })
})

test('a pipeline that somebody reruns is not taken, also when it had been chosen', async () => {
  const { project } = await engine.home()
  const { pipeline } = await build(project, 'rerun')
  await build(project, 'newest')
  await age(project, 50)
  const { retention, queries } = engine.database.store

  const chosen = await retention.oldPipeline(project.id, 40, 10)
  await engine.actions.rerun({ workflowId: (await engine.workflow(pipeline)).id, actorId: null, fromFailed: false })
  const gone = await retention.dropPipeline(chosen!.id, 10)

  expect([chosen!.id, gone]).toEqual([pipeline.id, true])
  expect(await engine.statuses(pipeline)).toEqual({ build: 'queued' })
  expect(await queries.pipeline(pipeline.id)).toBeDefined()
})

/** A pipeline of many jobs that have ended, which left images and something each. */
async function large(project: Project, jobs: number) {
  const names = Array.from({ length: jobs }, (_, index) => `job-${index}`)
  const body = '{docker: [{image: cimg/base:current}], steps: [{run: "true"}]}'
  const pipeline = await engine.push(
    project,
    `version: 2.1\njobs: {${names.map((name) => `${name}: ${body}`).join(', ')}}\nworkflows: {main: {jobs: [${names.join(', ')}]}}`,
  )
  for (const task of await engine.claim()) {
    await engine.plane.grant(task)
    const image = {
      type: 'image-resolved',
      position: 0,
      image: 'cimg/base',
      digest: `sha256:${'0'.repeat(64)}`,
    } as const
    await engine.plane.report({ ...task, from: 1, entries: [image] })
    await engine.plane.report({
      ...task,
      from: 2,
      entries: [{ type: 'task-finished', result: 'passed', message: null, at: new Date().toISOString() }],
    })
  }
  await engine.settle()
  return pipeline
}

test('of a pipeline that takes several transactions nothing is shown after the first, nor can it be rerun', async () => {
  const { project } = await engine.home()
  const pipeline = await large(project, 7)
  await build(project, 'newest')
  await age(project, 50)
  const { retention, queries } = engine.database.store
  const workflow = await engine.workflow(pipeline)
  const job = await engine.job(pipeline, 'job-3')

  const chosen = await retention.oldPipeline(project.id, 40, 2)
  const parts = [await retention.dropPipeline(chosen!.id, 2), await retention.dropPipeline(chosen!.id, 2)]
  const shown = [
    await queries.pipeline(pipeline.id),
    await queries.job(job.id),
    await queries.jobByNumber(project.id, job.number!),
    ...(await queries.workflowsOf([pipeline.id])),
    ...(await queries.recentJobs({ projectId: project.id }, 100, 0)).filter(
      (one) => one.job.workflowId === workflow.id,
    ),
  ]
  const again = engine.actions.rerun({ workflowId: workflow.id, actorId: null, fromFailed: false })
  await expect(again).rejects.toThrow(/There is no workflow/)
  await expect(engine.actions.cancelWorkflow(workflow.id, null)).rejects.toThrow(/There is no workflow/)
  // Whoever comes next goes on where the first was cut off.
  await wholeWalk(set({ 'retention.pipelines': 40, 'retention.output': 0 }))

  expect([chosen!.id, parts]).toEqual([pipeline.id, [false, false]])
  expect(shown).toEqual([undefined, undefined, undefined])
  expect((await database.query('select from jobs where id = $1', [job.id])).rowCount).toBe(0)
  expect((await database.query('select from retired_pipelines')).rowCount).toBe(0)
  expect((await queries.eventsOf(pipeline.id, { limit: 10 })).items).toEqual([])
})

test('a pipeline stays while an agent that was asked to stop still works on it, or its continuation is not compiled', async () => {
  const { project } = await engine.home()
  const working = await engine.push(project, config())
  const task = await engine.take(working, 'build')
  await engine.actions.cancelPipeline(working.id, null)
  const pending = await build(project, 'pending')
  await database.query(`update pipelines set state = 'pending' where id = $1`, [pending.pipeline.id])
  await build(project, 'newest')
  await age(project, 50)
  const view = set({ 'retention.pipelines': 40, 'retention.output': 0 })

  await wholeWalk(view)
  const { queries, retention } = engine.database.store
  const kept = [await queries.pipeline(working.id), await queries.pipeline(pending.pipeline.id)]
  const counted = (await retention.count(project.id, retentionDays(view, project.id))).pipelines
  await engine.end(task, 'canceled')
  await engine.settle()
  const due = (await retention.count(project.id, retentionDays(view, project.id))).pipelines
  await wholeWalk(view)

  expect(kept).not.toContain(undefined)
  expect([counted.count, due.count]).toEqual([0, 1])
  expect(await queries.pipeline(working.id)).toBeUndefined()
})

test('a rerun that would attach a workspace that was removed is refused with the way out, one from the start is not', async () => {
  const { project } = await engine.home()
  const body = (step: string) => `{docker: [{image: cimg/base:current}], steps: [${step}]}`
  const pipeline = await engine.push(
    project,
    `version: 2.1
jobs:
  make: ${body('persist_to_workspace: {root: ., paths: [out]}')}
  use: ${body('attach_workspace: {at: .}')}
workflows: {main: {jobs: [make, use: {requires: [make]}]}}`,
  )
  await engine.run(pipeline, 'make')
  await engine.run(pipeline, 'use', 'failed')
  await engine.settle()
  const workflowId = (await engine.workflow(pipeline)).id
  const fromFailed = { workflowId, actorId: null, fromFailed: true }
  const early = await engine.actions.rerun(fromFailed)
  await engine.run(pipeline, 'use', 'failed')
  await age(project, 20)
  await wholeWalk()

  await expect(engine.actions.rerun(fromFailed)).rejects.toThrow(/Job use attaches.*make.*was removed. Rerun.*start/)
  await expect(engine.actions.rerun({ ...fromFailed, workflowId: early })).rejects.toThrow(/was removed/)
  await engine.actions.rerun({ workflowId, actorId: null, fromFailed: false })

  expect(await engine.statuses(pipeline)).toEqual({ make: 'queued', use: 'blocked' })
})

test('a pipeline whose output was not all taken stays for now', async () => {
  const { project } = await engine.home()
  const built = await build(project, 'output')
  await build(project, 'newest')
  await age(project, 50)
  const { retention, queries } = engine.database.store

  const gone = await retention.dropPipeline(built.pipeline.id, 10)

  expect(gone).toBe(true)
  expect(await queries.pipeline(built.pipeline.id)).toBeDefined()
})

test('a removal that was cut in the middle is done to its end by whoever comes next', async () => {
  const { project } = await engine.home()
  const built = await build(project, 'cut')
  await age(project, 100)
  const all = ports()
  const cut = { ...all, retention: { ...all.retention, forgetOutput: () => Promise.reject(new Error('killed')) } }

  const died = await (async () => {
    for (;;) if ((await retainOneProject(cut)) === undefined) return 'lived'
  })().catch((error: Error) => error.message)
  const between = await left(built, project)
  await wholeWalk()

  expect([died, between.output]).toEqual(['killed', 0])
  expect((await engine.database.store.queries.stepsOf(built.job.id))[0]).toMatchObject({ outputExpired: true })
  expect(await left(built, project)).toEqual({ artifacts: 0, tests: 0, workspaces: 0, caches: 0, output: 0 })
})

test('objects that nothing names are swept after a day, those that something names never', async () => {
  const { project } = await engine.home()
  const { object: named } = await build(project, 'named')
  const orphan = await stored('nobody names this')
  const { retention } = engine.database.store
  const { utimes } = await import('node:fs/promises')
  const pathOf = (digest: string) =>
    join(engine.database.folder, 'objects', digest.slice(0, 2), digest.slice(2, 4), digest)
  async function sweepAll(): Promise<void> {
    for (let folder = 0; folder < 256; folder++) await sweepNextFolder({ retention, objects })
  }

  await sweepAll()
  const young = await objects.stat(orphan.digest)
  const yesterday = new Date(Date.now() - 2 * day)
  for (const { digest } of [named, orphan]) await utimes(pathOf(digest), yesterday, yesterday)
  await sweepAll()

  expect(young).toEqual(orphan)
  expect(await objects.stat(orphan.digest)).toBeUndefined()
  expect(await objects.stat(named.digest)).toEqual(named)
})
