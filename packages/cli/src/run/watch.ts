import { setTimeout as sleep } from 'node:timers/promises'
import { isFinalJobStatus, isFinalWorkflowStatus } from '@rondo/model'
import { createTimeline, type JobView, type PipelineView, type StepView } from '@rondo/protocol'
import type { Connection } from './connection.ts'
import { onlyStuckLeft, type WaitingJob, Waits } from './waits.ts'

/** One step of one parallel slice of a job. */
export interface StepPlace {
  readonly job: JobView
  readonly slice: number
  readonly step: StepView
}

/** What a watched pipeline does. Steps of a slice follow one another; slices and jobs mix. */
export interface Watcher {
  pipeline(pipeline: PipelineView): void
  /** What jobs that could start wait for; every second or so. */
  waiting(waits: readonly WaitingJob[]): void
  stepStarted(place: StepPlace): void
  /** `at`: when they were printed, in milliseconds since 1970, where that is known. */
  output(place: StepPlace, bytes: Uint8Array, at?: number): void
  /** After the last of its output. */
  stepEnded(place: StepPlace): void
}

export interface WatchOptions {
  readonly waitsForApproval: () => boolean
  /** Called when nobody runs any of what is left, so that it can be ended. */
  readonly onlyStuck: (waits: readonly WaitingJob[]) => void
  /** How long nobody may run a job before it counts as stuck, in milliseconds; default as `Waits`. */
  readonly patienceMs?: number
  readonly signal: AbortSignal
}

/** Follows a pipeline, with the output of every step, until it has ended or can only go on after an approval nobody gives. */
export async function watchPipeline(
  connection: Connection,
  id: string,
  watcher: Watcher,
  options: WatchOptions,
): Promise<PipelineView> {
  const steps = new StepFollower(connection, watcher)
  const waits = new Waits(connection, options.patienceMs)
  const followed = new Set<string>()
  const stops: (() => void)[] = []
  let changed = true
  const change = () => {
    changed = true
  }
  stops.push(connection.live.topic({ kind: 'pipeline', id }, change))
  try {
    for (let tick = 0; ; tick++) {
      options.signal.throwIfAborted()
      // Told of changes at once; a slow look of our own in case the telling was lost.
      if (changed || tick % 50 === 0) {
        changed = false
        const pipeline = await connection.pipeline(id)
        watcher.pipeline(pipeline)
        for (const job of pipeline.workflows.flatMap((workflow) => workflow.jobs)) {
          if (job.startedAt === null || job.type !== 'build') continue
          if (!followed.has(job.id) && followed.add(job.id))
            stops.push(connection.live.topic({ kind: 'job', id: job.id }, change))
          if (!steps.complete(job.id)) steps.look(await connection.job(job.id), isFinalJobStatus(job.status))
        }
        if (ended(pipeline) || (idle(pipeline) && !options.waitsForApproval())) {
          await steps.drained()
          return await connection.pipeline(id)
        }
        if (tick % 50 === 0) {
          const waiting = await waits.look(pipeline)
          watcher.waiting(waiting)
          if (onlyStuckLeft(pipeline, waiting, options.waitsForApproval())) options.onlyStuck(waiting)
        }
      }
      await sleep(20)
    }
  } finally {
    for (const stop of stops) stop()
  }
}

function ended(pipeline: PipelineView): boolean {
  return (
    pipeline.state !== 'pending' &&
    pipeline.state !== 'setup-pending' &&
    pipeline.workflows.every((workflow) => isFinalWorkflowStatus(workflow.status))
  )
}

/** Nothing runs, and something waits for an approval. */
export function idle(pipeline: PipelineView): boolean {
  const jobs = pipeline.workflows.flatMap((workflow) => workflow.jobs)
  return (
    jobs.some((job) => job.status === 'on_hold') &&
    jobs.every((job) => isFinalJobStatus(job.status) || job.status === 'on_hold' || job.status === 'blocked')
  )
}

/** Streams each step's output, one step of a slice after the other; background steps beside them. */
class StepFollower {
  readonly #connection: Connection
  readonly #watcher: Watcher
  readonly #seen = new Set<string>()
  readonly #last = new Map<string, Promise<void>>()
  readonly #newest = new Map<string, StepPlace>()
  readonly #complete = new Set<string>()

  constructor(connection: Connection, watcher: Watcher) {
    this.#connection = connection
    this.#watcher = watcher
  }

  complete(jobId: string): boolean {
    return this.#complete.has(jobId)
  }

  /** `complete`: the job had ended before the page was read. That a page itself says so may be newer than its steps. */
  look(page: Awaited<ReturnType<Connection['job']>>, complete: boolean): void {
    if (complete) this.#complete.add(page.job.id)
    for (const slice of page.slices)
      for (const step of slice.steps) {
        const place = { job: page.job, slice: slice.index, step }
        this.#newest.set(step.id, place)
        if (this.#seen.has(step.id)) continue
        this.#seen.add(step.id)
        const key = step.background ? step.id : `${page.job.id} ${slice.index}`
        const before = this.#last.get(key) ?? Promise.resolve()
        this.#last.set(
          key,
          before.then(() => this.#follow(place)),
        )
      }
  }

  async drained(): Promise<void> {
    await Promise.all(this.#last.values())
  }

  #follow(place: StepPlace): Promise<void> {
    this.#watcher.stepStarted(place)
    const timeline = createTimeline()
    return new Promise((resolve) => {
      const stop = this.#connection.live.output(place.step.id, 0, {
        times: timeline.add,
        bytes: (offset, bytes) => {
          for (const { from, to, at } of timeline.pieces(offset, bytes.length))
            this.#watcher.output(place, bytes.subarray(from, to), at)
        },
        ended: () => {
          stop()
          void this.#finished(place).then((final) => {
            this.#watcher.stepEnded(final)
            resolve()
          })
        },
      })
    })
  }

  /** Output may end a moment before the step's result is known. */
  async #finished(place: StepPlace): Promise<StepPlace> {
    for (let tries = 0; tries < 100; tries++) {
      const newest = this.#newest.get(place.step.id) ?? place
      if (newest.step.phase === 'finished') return newest
      this.look(await this.#connection.job(place.job.id), false)
      await sleep(20)
    }
    return this.#newest.get(place.step.id) ?? place
  }
}
