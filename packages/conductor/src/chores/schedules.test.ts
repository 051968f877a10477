import type { NewSchedule, Project, Timetable } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { nextRun } from '../decisions/next-run.ts'
import { describeDispatch } from '../history/describe-dispatch.ts'
import { describeEvent } from '../history/describe-event.ts'
import { runDueSchedules } from './run-schedules.ts'

describe('the next run', () => {
  const at = '2026-03-01T10:20:30Z'
  test.each<[string, Timetable, string | null]>([
    ['every minute', { cron: '* * * * *' }, '2026-03-01T10:21:00Z'],
    ['once a day, later today', { cron: '0 12 * * *' }, '2026-03-01T12:00:00Z'],
    ['once a day, tomorrow', { cron: '20 10 * * *' }, '2026-03-02T10:20:00Z'],
    ['a list of hours', { cron: '5 1,9,22 * * *' }, '2026-03-01T22:05:00Z'],
    ['a range of weekdays', { cron: '0 0 * * 1-5' }, '2026-03-02T00:00:00Z'],
    ['Sunday as 7', { cron: '0 11 * * 7' }, '2026-03-01T11:00:00Z'],
    ['names of month and day', { cron: '0 0 * jan mon' }, '2027-01-04T00:00:00Z'],
    ['a day of the month or a weekday, whichever comes first', { cron: '0 0 15 * 3' }, '2026-03-04T00:00:00Z'],
    ['29 February', { cron: '0 0 29 2 *' }, '2028-02-29T00:00:00Z'],
    ['a day that never comes', { cron: '0 0 31 2 *' }, null],
    ['four times in an hour', { perHour: 4, hoursOfDay: [10] }, '2026-03-01T10:30:00Z'],
    ['sixty times in an hour', { perHour: 60, hoursOfDay: [10] }, '2026-03-01T10:21:00Z'],
    ['seven times, spread evenly', { perHour: 7, hoursOfDay: [10] }, '2026-03-01T10:25:00Z'],
    ['on some days of the week', { perHour: 1, hoursOfDay: [3], daysOfWeek: ['TUE', 'WED'] }, '2026-03-03T03:00:00Z'],
    [
      'on some days of some months',
      { perHour: 1, hoursOfDay: [3], daysOfMonth: [31], months: ['APR', 'MAY'] },
      '2026-05-31T03:00:00Z',
    ],
  ])('%s [I-027]', (_what, timetable, expected) => {
    expect(nextRun(timetable, new Date(at))?.toISOString() ?? null).toBe(
      expected === null ? null : expected.replace('Z', '.000Z'),
    )
  })

  test.each<[string, string, readonly string[]]>([
    // Clocks go forward at 01:00 UTC on 29 March, from two to three: half past two is left out, and counts an hour later.
    ['forward', '2026-03-28T12:00:00Z', ['2026-03-29T01:30:00Z', '2026-03-30T00:30:00Z', '2026-03-31T00:30:00Z']],
    // They go back at 01:00 UTC on 25 October, from three to two: half past two comes twice and counts the first time.
    ['back', '2026-10-24T12:00:00Z', ['2026-10-25T00:30:00Z', '2026-10-26T01:30:00Z', '2026-10-27T01:30:00Z']],
  ])('in a time zone keeps its hour on the wall, once a day, also when clocks go %s [R-31]', (_way, from, expected) => {
    const timetable: Timetable = { perHour: 2, hoursOfDay: [2], timeZone: 'Europe/Berlin' }
    const runs: string[] = []
    for (let at = new Date(from); runs.length < 3; ) {
      at = nextRun(timetable, at)!
      if (at.getUTCMinutes() === 30) runs.push(at.toISOString().replace('.000', ''))
    }

    expect(runs).toEqual(expected)
  })

  test.each([
    // The hour of the wall that is left out falls together with the next.
    ['forward', '2026-03-01', '2026-03-15', 14 * 24],
    // The one that comes twice counts once.
    ['back', '2026-10-25', '2026-11-08', 14 * 24 - 1],
  ])('in a time zone runs each hour of the wall once, also when clocks go %s', (_way, from, until, expected) => {
    const timetable: Timetable = { perHour: 1, hoursOfDay: [...Array(24).keys()], timeZone: 'America/New_York' }
    const end = Date.parse(`${until}T12:00:00Z`)
    const runs: number[] = []
    for (let at = Date.parse(`${from}T12:00:00Z`); ; runs.push(at)) {
      const next = nextRun(timetable, new Date(at))!.getTime()
      if (next > end) break
      expect(next).toBeGreaterThan(at)
      at = next
    }

    expect(new Set(runs).size).toBe(runs.length)
    expect(runs).toHaveLength(expected)
  })

  test('goes on through a day on which clocks change as through any other [L-297]', () => {
    const hours: string[] = []
    for (let at = new Date('2026-03-29T00:30:00Z'); hours.length < 4; ) {
      at = nextRun({ cron: '0 * * * *' }, at)!
      hours.push(at.toISOString().slice(11, 13))
    }

    expect(hours).toEqual(['01', '02', '03', '04'])
  })
})

describe('schedules', () => {
  let engine: TestEngine

  beforeAll(async () => {
    engine = await startTestEngine()
  })

  afterAll(() => engine.stop())

  const past = (ms: number) => new Date(Date.now() - ms)
  const config = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows:
  main: {jobs: [build]}
  nightly:
    triggers:
      - schedule: {cron: "0 3 * * *", filters: {branches: {only: [main]}}}
    jobs: [build]
`
  const round = () => {
    const { schedules, accounts } = engine.database.store
    return runDueSchedules({ schedules, accounts, actions: engine.actions }, (error) => {
      throw error
    })
  }
  const everyDayIn = (hours: number): Timetable => ({
    perHour: 1,
    hoursOfDay: [new Date(Date.now() + hours * 3_600_000).getUTCHours()],
  })
  const pipelinesOf = async (project: Project) =>
    (await engine.database.store.queries.pipelines({ projectId: project.id }, { limit: 50 })).items

  test('while nobody looks no schedule runs, though pushes do; what was missed is caught up once, by whoever looks first [L-045 L-094] [R-31]', async () => {
    const { project } = await engine.home()
    await engine.push(project, config)
    const schedule = await engine.database.store.schedules.create(
      // Half a day from now, so that no run falls due while the test runs.
      of(project, { timetable: everyDayIn(12), nextAt: past(48 * 3_600_000) }),
    )

    const pushed = await engine.push(project, config)
    expect((await pipelinesOf(project)).map((pipeline) => pipeline.trigger)).toEqual(['webhook', 'webhook'])
    expect((await engine.workflow(pushed)).status).toBe('running')

    await Promise.all([round(), round(), round(), round()])
    await round()

    const scheduled = (await pipelinesOf(project)).filter((pipeline) => pipeline.trigger === 'scheduled_pipeline')
    expect(scheduled).toHaveLength(1)
    expect((await engine.workflow(scheduled[0]!)).status).toBe('running')
    const { items } = await engine.database.store.queries.eventsOf(scheduled[0]!.id, { limit: 100 })
    expect(describeEvent(items.find((event) => event.kind === 'pipeline.created')!).what).toMatch(
      /^pipeline [3-6] created by schedule nightly, 1728\d\d\.\d s late \(branch main at [0-9a-f]{12}\)$/,
    )
    const { nextAt } = (await engine.database.store.schedules.schedule(schedule.id))!
    expect(nextAt!.getTime()).toBeGreaterThan(Date.now() - 1_000)
  })

  test('runs come once each, at times that follow from the database’s clock alone', async () => {
    const { project } = await engine.home()
    await engine.push(project, config)
    const { schedules } = engine.database.store
    const timetable = everyDayIn(12)
    const { id } = await schedules.create(of(project, { timetable, nextAt: past(1_000) }))

    await round()
    await round()

    const scheduled = (await pipelinesOf(project)).filter((pipeline) => pipeline.trigger === 'scheduled_pipeline')
    expect(scheduled).toHaveLength(1)
    expect((await schedules.schedule(id))!.nextAt).toEqual(nextRun(timetable, new Date()))
  })

  test('a schedule whose branch is gone stays for its return, and holds up no other', async () => {
    const { project } = await engine.home()
    const { schedules } = engine.database.store
    await engine.push(project, config)
    const lost = await schedules.create(of(project, { name: 'lost', branch: 'missing', nextAt: past(9_000) }))
    await schedules.create(of(project, { nextAt: past(1_000) }))

    await round()

    expect(await pipelinesOf(project)).toHaveLength(2)
    expect((await schedules.schedule(lost.id))!.nextAt!.getTime()).toBeGreaterThan(Date.now())
  })

  test('leave their evidence whatever came of a run: a pipeline, a config that cannot be used, a branch that is gone', async () => {
    const { project, organization } = await engine.home()
    const { schedules, operations, queries } = engine.database.store
    await engine.push(project, config)
    await schedules.create(of(project, { nextAt: past(9_000) }))
    await round()
    await expect(engine.push(project, 'version: 2.1\njobs: []')).rejects.toThrow()
    await schedules.create(of(project, { name: 'broken', nextAt: past(8_000) }))
    await schedules.create(of(project, { name: 'lost', branch: 'missing', nextAt: past(7_000) }))
    await round()

    const evidence = await operations.dispatches({ limit: 3, schedules: true })
    const { items: ofProject } = await queries.eventsOfProject(project.id, { limit: 100 })

    expect(evidence.map((entry) => [entry.build, describeDispatch(entry)])).toEqual(
      [
        /^config fetched and parsed at [0-9a-f]{12}: pipeline 2 by schedule nightly, \d+\.\d s late$/,
        /^config not usable at [0-9a-f]{12}: pipeline 4 by schedule broken, \d+\.\d s late: .*jobs/,
        /^no pipeline by schedule lost, \d+\.\d s late: Branch or tag missing was not found in .*The schedule stays\.$/,
      ].map((text) => [`${organization.name}/${project.name}`, expect.stringMatching(text)]),
    )
    expect(ofProject.map(describeEvent).map(({ what }) => what.replace(/,? .*/, ''))).toEqual([
      'no',
      'pipeline',
      'pipeline',
      'pipeline',
      'pipeline',
    ])
    expect(describeEvent(ofProject[0]!)).toEqual({
      what: expect.stringMatching(/^no pipeline by schedule lost, /),
      why: expect.stringContaining('was not found'),
    })
  })

  test('of a config are those of the branch that was pushed last, and run their workflow alone [I-027] [L-460]', async () => {
    const { project } = await engine.home()
    const { schedules } = engine.database.store
    await engine.push(project, config)
    await engine.push(project, config, { ref: { branch: 'topic' } })
    const planned = await planOf(project)
    await schedules.update(planned[0]!.id, { nextAt: past(5_000) })

    await round()

    expect(planned.map((one) => [one.name, one.branch])).toEqual([['nightly', 'main']])
    const [newest] = await pipelinesOf(project)
    expect(newest).toMatchObject({ trigger: 'scheduled_pipeline', git: { branch: 'main' } })
    const workflows = await engine.database.store.queries.workflowsOf([newest!.id])
    expect(workflows.map((workflow) => workflow.name)).toEqual(['nightly'])
  })

  test('say in their pipelines’ values that a schedule triggered them, so that a config can tell them from other requests', async () => {
    const { project } = await engine.home()
    const nightly = `${config.slice(0, config.indexOf('  nightly:'))}
  nightly: {when: {equal: [schedule, << pipeline.trigger.type >>]}, jobs: [build]}
  not-nightly: {unless: {equal: [schedule, << pipeline.event.name >>]}, jobs: [build]}
`
    await engine.push(project, nightly)
    const { id } = await engine.database.store.schedules.create(of(project, { nextAt: past(1_000) }))

    await round()

    const [newest] = await pipelinesOf(project)
    const { queries } = engine.database.store
    expect((await queries.workflowsOf([newest!.id])).map(({ name }) => name).sort()).toEqual(['main', 'nightly'])
    expect(await queries.pipelineValues(newest!.id)).toMatchObject({
      'pipeline.trigger_source': 'scheduled_pipeline',
      'pipeline.trigger.type': 'schedule',
      'pipeline.event.name': 'schedule',
      'pipeline.event.action': 'schedule',
      'pipeline.schedule.name': 'nightly',
      'pipeline.schedule.id': id,
    })
  })

  test('a push takes away what its config no longer asks for, and keeps a run that is due', async () => {
    const { project } = await engine.home()
    const { schedules } = engine.database.store
    await engine.push(project, config)
    const [before] = await planOf(project)
    const due = past(5_000)
    await schedules.update(before!.id, { nextAt: due })

    await engine.push(project, config)
    const [kept] = await planOf(project)
    await engine.push(project, config.replace('0 3 * * *', '0 4 * * *'))
    const changed = await planOf(project)

    expect([kept!.id, kept!.nextAt]).toEqual([before!.id, due])
    expect(changed.map((one) => one.timetable)).toEqual([{ cron: '0 4 * * *' }])
  })

  test('are kept by the API under a name of their own', async () => {
    const { project } = await engine.home()
    const { schedules } = engine.database.store
    const made = await schedules.create(of(project, { description: 'each night', parameters: { deploy: true } }))

    await expect(schedules.create(of(project))).rejects.toMatchObject({ code: 'conflict' })
    const changed = await schedules.update(made.id, { name: 'other', parameters: {} })

    expect(changed).toMatchObject({ name: 'other', description: 'each night', parameters: {} })
    expect((await schedules.schedulesOf(project.id, { limit: 10 })).items).toEqual([changed])
    expect([await schedules.delete(made.id), await schedules.delete(made.id)]).toEqual([true, false])
  })

  function of(project: Project, parts: Partial<NewSchedule> = {}): NewSchedule {
    return {
      projectId: project.id,
      name: 'nightly',
      description: '',
      branch: 'main',
      tag: null,
      timetable: { cron: '0 3 * * *' },
      parameters: {},
      actorId: null,
      nextAt: null,
      ...parts,
    }
  }

  async function planOf(project: Project) {
    return engine.schedulesOf(project.id)
  }
})
