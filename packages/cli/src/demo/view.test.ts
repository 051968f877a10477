import type { JobView, PipelineView } from '@rondo/protocol'
import { expect, test } from 'vitest'
import { seconds } from '../terminal/paint.ts'
import { allGreen, renderPipeline, settled } from './view.ts'

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

function pipeline(jobs: readonly JobView[], status: 'running' | 'on_hold' | 'success' | 'failed'): PipelineView {
  const project = { id: 'p', slug: 'gh/a/b', organizationName: 'a', name: 'b', defaultBranch: 'main', cloneUrl: '' }
  return {
    id: 'x',
    number: 3,
    project,
    state: 'created',
    errors: [],
    trigger: 'webhook',
    triggeredBy: null,
    createdAt: '',
    branch: 'main',
    tag: null,
    revision: '0123456789',
    subject: 'a long subject that goes on and on',
    authorName: '',
    workflows: [{ id: 'w', name: 'main', status, createdAt: '', stoppedAt: null, rerunOf: null, jobs }],
  }
}

test('a pipeline is drawn with its jobs, plain when colour is off', () => {
  const lines = renderPipeline(pipeline([job('build', 'success'), job('deploy', 'running')], 'running'), new Map(), {
    color: false,
    columns: 80,
    frame: 0,
    now: Date.parse('2026-01-01T00:00:02Z'),
  })

  expect(lines[0]).toBe('Pipeline 3  a/b  main · 0123456 · a long subject that goes on and on')
  expect(lines).toContain('    ✓ build      5.0s  ')
  expect(lines.at(-1)).toBe('    … deploy     2.0s  running')
})

test('lines fit into narrow terminals', () => {
  const lines = renderPipeline(pipeline([job('build', 'success')], 'success'), new Map(), {
    color: false,
    columns: 30,
    frame: 0,
    now: 0,
  })

  expect(Math.max(...lines.map((line) => line.length))).toBe(30)
})

test('what waits for approval counts as settled and green', () => {
  const waiting = pipeline([job('build', 'success'), job('hold', 'on_hold'), job('deploy', 'blocked')], 'on_hold')

  expect([settled(waiting), allGreen(waiting)]).toEqual([true, true])
  expect(settled(pipeline([job('build', 'running')], 'running'))).toBe(false)
  expect(allGreen(pipeline([job('build', 'failed')], 'failed'))).toBe(false)
})

test('durations read well', () => {
  expect([seconds(400), seconds(12_300), seconds(185_000)]).toEqual(['0.4s', '12s', '3m 05s'])
})
