import type { JobStatus } from '@rondo/model'
import type { JobWaitView, PipelineView } from '@rondo/protocol'
import { expect, test } from 'vitest'
import { onlyStuckLeft, Waits } from './waits.ts'

function pipeline(...statuses: readonly JobStatus[]): PipelineView {
  const jobs = statuses.map((status, index) => ({ id: String(index), name: `job-${index}`, status }))
  return { workflows: [{ jobs }] } as unknown as PipelineView
}

/** A server on which each job waits for what is said; the rest for room. */
function server(kinds: Readonly<Record<string, JobWaitView['kind']>>) {
  const asked: string[] = []
  const wait = async (id: string): Promise<JobWaitView> => {
    asked.push(id)
    return { kind: kinds[id] ?? 'room', text: `Job ${id}.`, ahead: 0, expectedMs: null, unknown: null, waitedMs: 0 }
  }
  return { asked, wait, kinds }
}

test('what could start is asked about, and nothing else', async () => {
  const { wait, asked } = server({})
  const waits = await new Waits({ wait }).look(pipeline('queued', 'blocked', 'running', 'success', 'not_running'))
  expect(asked).toEqual(['0', '4'])
  expect(waits.map(({ job, stuck }) => [job.name, stuck])).toEqual([
    ['job-0', false],
    ['job-4', false],
  ])
})

test('a job that starts is not told of as waiting', async () => {
  expect(await new Waits(server({ 0: 'none' })).look(pipeline('queued'))).toEqual([])
})

test('a job nobody runs is stuck once that has lasted', async () => {
  const patient = await new Waits(server({ 0: 'no-agent' }), 60_000).look(pipeline('queued'))
  expect(patient[0]?.stuck).toBe(false)
  const impatient = await new Waits(server({ 0: 'no-agent' }), 0).look(pipeline('queued'))
  expect(impatient[0]?.stuck).toBe(true)
})

test('an agent that comes after all ends that', async () => {
  const kinds: Record<string, JobWaitView['kind']> = { 0: 'no-agent' }
  const waits = new Waits(server(kinds), 0)
  await waits.look(pipeline('queued'))
  kinds[0] = 'room'
  expect((await waits.look(pipeline('queued')))[0]?.stuck).toBe(false)
})

test('of many jobs each has its turn', async () => {
  const { wait, asked } = server({})
  const waits = new Waits({ wait })
  const many = pipeline(...Array.from({ length: 20 }, () => 'queued' as const))
  for (let look = 0; look < 3; look++) await waits.look(many)
  expect(new Set(asked).size).toBe(20)
  expect(asked.length).toBe(24)
})

test.each<[string, readonly JobStatus[], boolean, boolean]>([
  ['alone', ['queued'], true, true],
  ['with what requires it, and what has ended', ['queued', 'blocked', 'success', 'failed'], true, true],
  ['beside a job that runs', ['queued', 'running'], true, false],
  ['beside one that somebody may approve', ['queued', 'on_hold'], true, false],
  ['beside one that nobody approves', ['queued', 'on_hold'], false, true],
  ['beside one that may start', ['queued', 'queued'], true, false],
])('only stuck jobs are left: %s', async (_case, statuses, mayApprove, only) => {
  const run = pipeline(...statuses)
  const waits = await new Waits(server({ 0: 'no-agent' }), 0).look(run)
  expect(onlyStuckLeft(run, waits, mayApprove)).toBe(only)
})
