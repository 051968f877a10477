import { Writable } from 'node:stream'
import type { JobView, JobWaitView, PipelineView, StepView } from '@rondo/protocol'
import { beforeEach, expect, test } from 'vitest'
import { Screen } from '../terminal/screen.ts'
import { createReport, type Report } from './report.ts'
import type { WaitingJob } from './waits.ts'
import type { StepPlace } from './watch.ts'

let written: string
let report: Report

beforeEach(() => begin(40))

/** A report on a terminal of so many columns; into a pipe without any. */
function begin(columns?: number): void {
  written = ''
  const out = new Writable({
    write(chunk, _encoding, done) {
      written += chunk
      done()
    },
  })
  const screen = new Screen(Object.assign(out, columns === undefined ? {} : { columns }), columns !== undefined)
  report = createReport(screen, { color: false, verbose: false, ask: () => undefined })
}

function place(type: StepView['type'], name: string): StepPlace {
  const step = { id: 's', type, name, startedAt: '2030-01-01T00:00:00Z', finishedAt: '2030-01-01T00:00:01Z' }
  return {
    job: { id: 'j', name: 'build', parallelism: 1 } as JobView,
    slice: 0,
    step: { ...step, phase: 'finished', result: 'passed', exitCode: 0 } as unknown as StepView,
  }
}

function pipeline(statuses: readonly string[]): PipelineView {
  const jobs = statuses.map((status, index) => ({ id: String(index), name: `job-${index}`, status, parallelism: 1 }))
  return {
    workflows: [
      { name: 'main', status: 'on_hold', jobs: jobs.map((job) => ({ ...job, type: 'build', startedAt: null })) },
    ],
  } as unknown as PipelineView
}

const drawn = () => written.slice(written.lastIndexOf('\u001b[J') + 1)
const long = 'for i in $(seq 30); do curl --silent http://localhost/; done'

test('a long command is cut to one line of the terminal, its time included, and whole in a pipe', () => {
  report.stepStarted(place('run', long))
  report.stepEnded(place('run', long))
  expect(written.split('\n').every((line) => line.length < 40)).toBe(true)
  expect(written).toMatch(/✓ for i in .*… {2}1\.0s/)

  begin()
  report.stepStarted(place('run', long))
  expect(written).toContain(`▸ ${long}`)
})

test('what a quiet step says last is shown while it runs, and only then', () => {
  begin(120)
  const spinUp = place('spin-up', 'Spin up environment')
  report.pipeline(pipeline(['running']))
  report.stepStarted(spinUp)
  report.output(spinUp, Buffer.from('Image alpine\n  pulled 40 of 217 MB\n'))
  report.draw(Date.parse('2030-01-01T00:00:03Z'))
  expect(written).toMatch(/Spin up environment {2}3\.0s {2}pulled 40 of 217 MB/)
  written = ''
  report.stepEnded(spinUp)
  report.draw(Date.parse('2030-01-01T00:00:03Z'))
  expect(drawn()).not.toContain('pulled')
})

function waitingFor(kind: JobWaitView['kind'], text: string, stuck = false): WaitingJob {
  const wait = { kind, text, ahead: 1, expectedMs: null, unknown: null, waitedMs: 4_000 }
  return { job: place('run', 'x').job, wait, stuck }
}

test('what a job waits for is drawn while it waits; in a pipe it is printed once', () => {
  begin(120)
  report.pipeline(pipeline(['queued']))
  report.waiting([waitingFor('room', 'It waits for room; 1 task is ahead of it.')])
  report.draw(0)
  expect(drawn()).toContain('· build  It waits for room; 1 task is ahead of it.')
  report.waiting([])
  report.draw(0)
  expect(drawn()).not.toContain('room')

  begin()
  report.waiting([waitingFor('room', 'It waits for room; 1 task is ahead of it.')])
  report.waiting([waitingFor('room', 'It is next in line: it starts as soon as there is room.')])
  expect(written).toBe('build │ · It waits for room; 1 task is ahead of it.\n')
})

test('a job that nobody runs is said to be so', () => {
  begin(120)
  report.waiting([waitingFor('no-agent', 'No agent runs machine jobs.', true)])
  report.waiting([waitingFor('no-agent', 'No agent runs machine jobs.', true)])
  expect(written.match(/build │ · No agent runs machine jobs/g)).toHaveLength(1)
})

test('a step in the background is told as one that ran until the end, or ended with the code that fails no job', () => {
  begin()
  const ends = (result: string, exitCode: number | null) => {
    const at = place('run', 'serve')
    report.stepEnded({ ...at, step: { ...at.step, background: true, result, exitCode } })
  }
  ends('passed', null)
  ends('failed', 7)
  ends('passed', 0)
  expect(written).toBe(
    'build │ · serve  ran until the end  1.0s\n' +
      'build │ · serve  exited with 7 in the background, which fails no job  1.0s\n' +
      'build │ ✓ serve  1.0s\n',
  )
})

test('the end names the step that failed and its exit code; a message of two lines keeps to its column', () => {
  begin()
  const failing = place('run', 'make test\nmake more')
  const service = { ...place('service', 'Container redis'), job: { ...failing.job, id: '0' } }
  const gone = { ...service, step: { ...service.step, background: true, result: 'failed', exitCode: 3 } }
  report.stepStarted(gone)
  report.stepEnded(gone)
  for (const id of ['0', '1']) {
    const failed = { ...failing, job: { ...failing.job, id }, step: { ...failing.step, result: 'failed', exitCode: 7 } }
    report.stepStarted(failed)
    report.stepEnded(failed)
  }
  written = ''
  const ended = pipeline(['failed', 'failed', 'success'])
  const [first, second, third] = ended.workflows[0]?.jobs ?? []
  const jobs = [first, { ...second, message: 'No image.\nPull it.' }, third]
  report.end({ ...ended, workflows: [{ ...ended.workflows[0], jobs }] } as unknown as PipelineView)
  expect(written.split('\n').slice(2)).toEqual([
    '  ✗ job-0           failed: make test, exit 7',
    '  ✗ job-1           No image.',
    '                    Pull it.',
    '                    make test, exit 7',
    '  ✓ job-2',
    '',
  ])
})

test('a notice of a quiet step that passed is shown, once for all jobs', () => {
  begin()
  for (const id of ['one', 'two']) {
    const { job, step, slice } = place('spin-up', 'Spin up environment')
    const spinUp = { job: { ...job, name: id }, slice, step: { ...step, id } }
    report.stepStarted(spinUp)
    report.output(
      spinUp,
      Buffer.from('Agent x\nNOTICE: this agent uses no container engine.\n        The image a is NOT used.\nLimits\n'),
    )
    report.stepEnded(spinUp)
  }
  expect(written.match(/NOTICE: this agent uses no container engine/g)).toHaveLength(1)
  expect(written).toContain('The image a is NOT used.')
  expect(written).not.toMatch(/Agent x|Limits/)
})

test('jobs that do not fit into a line are counted', () => {
  report.pipeline(pipeline(['success', 'success', 'failed', 'running', 'blocked', 'blocked', 'blocked']))
  report.draw(0)
  expect(drawn()).toMatch(/main {2}✓ 2 {2}✗ 1 {2}. 1 {2}· 3 {2}of 7 jobs/)
})

test('the end says what to do about an approval that nobody gave', () => {
  report.end(pipeline(['success', 'on_hold', 'blocked']))
  expect(written).toContain('Not approved: job-1. Give --approve job-1, or answer at a terminal.')
})
