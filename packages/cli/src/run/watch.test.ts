import type { JobStatus } from '@rondo/model'
import type { JobPageView, PipelineView, StepView } from '@rondo/protocol'
import { expect, test } from 'vitest'
import type { Connection } from './connection.ts'
import { type Watcher, watchPipeline } from './watch.ts'

const job = (status: JobStatus) => ({ id: 'job', name: 'split', type: 'build', status, startedAt: 'then' })

const pipeline = (status: JobStatus): PipelineView =>
  ({ state: 'created', workflows: [{ status, jobs: [job(status)] }] }) as unknown as PipelineView

/** A page on which the job stands so, with these steps of its slices. */
const page = (status: JobStatus, ...slices: readonly (readonly string[])[]): JobPageView =>
  ({
    job: job(status),
    slices: slices.map((names, index) => ({ index, steps: names.map((name) => step(`${index} ${name}`)) })),
  }) as unknown as JobPageView

const step = (id: string): StepView => ({ id, phase: 'finished', background: false }) as unknown as StepView

/** Answers each question with the next of these answers, and the last one again. */
const inTurn = <T>(...answers: readonly T[]) => {
  let asked = 0
  return async () => answers[Math.min(asked++, answers.length - 1)]!
}

test('a page that knew the end of a job before its last steps is read again: no step of a slice is left out', async () => {
  const told: string[] = []
  const watcher: Watcher = {
    pipeline: () => {},
    waiting: () => {},
    stepStarted: () => {},
    output: () => {},
    stepEnded: (place) => told.push(place.step.id),
  }
  const connection = {
    live: {
      topic: (_topic: unknown, change: () => void) => {
        const timer = setInterval(change, 5)
        return () => clearInterval(timer)
      },
      output: (_id: string, _from: number, listener: { ended: () => void }) => {
        queueMicrotask(() => listener.ended())
        return () => {}
      },
    },
    pipeline: inTurn(pipeline('running'), pipeline('success')),
    job: inTurn(page('success', ['test'], []), page('success', ['test'], ['test', 'halt'])),
  } as unknown as Connection

  await watchPipeline(connection, 'id', watcher, {
    waitsForApproval: () => false,
    onlyStuck: () => {},
    signal: new AbortController().signal,
  })

  expect(told.sort()).toEqual(['0 test', '1 halt', '1 test'])
})
