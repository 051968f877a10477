import type { JobPageView, JobView, PipelineView } from '@rondo/protocol'
import { expect, test } from 'vitest'
import { allGreen, changedJobs, renderPipeline, settled } from './view.ts'

function job(name: string, status: JobView['status']): JobView {
  return {
    id: name,
    name,
    type: 'build',
    number: 1,
    status,
    requires: [],
    parallelism: 1,
    queuedAt: null,
    startedAt: '2026-01-01T00:00:00Z',
    stoppedAt: status === 'running' ? null : '2026-01-01T00:00:05Z',
    approvedBy: null,
    message: null,
  }
}

const firstRun = { rerunOf: null, startedBy: null, autoRerunNumber: 0, maxAutoReruns: 0 }

function pipeline(jobs: readonly JobView[], status: 'running' | 'on_hold' | 'success' | 'failed'): PipelineView {
  const project = { id: 'p', slug: 'gh/a/b', organizationName: 'a', name: 'b', defaultBranch: 'main', cloneUrl: '' }
  return {
    id: 'x',
    number: 3,
    project,
    state: 'created',
    errors: [],
    trigger: 'webhook',
    schedule: null,
    triggeredBy: null,
    createdAt: '',
    branch: 'main',
    tag: null,
    revision: '0123456789',
    subject: 'a long subject that goes on and on',
    authorName: '',
    workflows: [{ id: 'w', name: 'main', status, createdAt: '', stoppedAt: null, ...firstRun, jobs }],
  }
}

const plain = { color: false, columns: 80, frame: 0, now: Date.parse('2026-01-01T00:00:05Z') }

test('a pipeline is drawn with its jobs on one time line, plain when colour is off', () => {
  const late = { ...job('deploy', 'running'), startedAt: '2026-01-01T00:00:02.500Z' }

  const lines = renderPipeline(pipeline([job('build', 'success'), late], 'running'), new Map(), plain)

  expect(lines).toEqual([
    '  a/b #3  main · 0123456 · a long subject that goes on and on',
    '',
    '  ⠋ main  running',
    `    ✓ build   ${'━'.repeat(32)}     5.0s`,
    `    ⠋ deploy  ${' '.repeat(16)}${'━'.repeat(16)}     2.5s`,
  ])
})

test('a running job shows its last steps and how long they take', () => {
  const step = (name: string, finishedAt: string | null) => ({
    name,
    phase: finishedAt === null ? 'running' : 'finished',
    result: 'passed',
    startedAt: '2026-01-01T00:00:01Z',
    finishedAt,
  })
  const slices = [{ steps: ['one', 'two', 'three'].map((name) => step(name, '2026-01-01T00:00:02Z')) }]
  slices[0]!.steps.push(step('four', null))
  const pages = new Map([['build', { slices } as unknown as JobPageView]])

  const lines = renderPipeline(pipeline([job('build', 'running')], 'running'), pages, plain)

  expect(lines.slice(-4)).toEqual([
    expect.stringMatching(/^ {4}⠋ build .* 5.0s {2}step 4$/),
    '      ├ ✓ two  1.0s',
    '      ├ ✓ three  1.0s',
    '      └ ⠋ four  4.0s',
  ])
})

test('what waits says for what', () => {
  const hold = { ...job('hold', 'on_hold'), type: 'approval', startedAt: null }
  const deploy = { ...job('deploy', 'blocked'), startedAt: null, requires: ['hold', 'build'] }

  const lines = renderPipeline(pipeline([hold, deploy], 'on_hold'), new Map(), plain)

  expect(lines.slice(-2)).toEqual([
    expect.stringMatching(/^ {4}‖ hold .* waits for your approval$/),
    expect.stringMatching(/^ {4}· deploy .* after hold, build$/),
  ])
})

test('in a narrow terminal the time line is left out', () => {
  const lines = renderPipeline(pipeline([job('build', 'success')], 'success'), new Map(), { ...plain, columns: 40 })

  expect(lines.join('\n')).not.toContain('━')
})

test('without a terminal each job is told of once a status, with its time at the end', () => {
  const now = pipeline([job('build', 'success'), job('test', 'running'), job('deploy', 'blocked')], 'running')

  expect(changedJobs(now, new Map(), 0)).toEqual(['  build: success  5.0s', '  test: running'])
  expect(changedJobs(now, new Map([['test', 'running']]), 0)).toEqual(['  build: success  5.0s'])
})

test('what waits for approval counts as settled and green', () => {
  const waiting = pipeline([job('build', 'success'), job('hold', 'on_hold'), job('deploy', 'blocked')], 'on_hold')

  expect([settled(waiting), allGreen(waiting)]).toEqual([true, true])
  expect(settled(pipeline([job('build', 'running')], 'running'))).toBe(false)
  expect(allGreen(pipeline([job('build', 'failed')], 'failed'))).toBe(false)
})
