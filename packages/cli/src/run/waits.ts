import { isFinalJobStatus } from '@rondo/model'
import type { JobView, JobWaitView, PipelineView } from '@rondo/protocol'
import type { Connection } from './connection.ts'

/** A job that could start, and what it still waits for. */
export interface WaitingJob {
  readonly job: JobView
  readonly wait: JobWaitView
  /** Nobody runs such jobs, and that for long enough not to be an agent's short absence. */
  readonly stuck: boolean
}

/** Questions of one look; of a large workflow the jobs take turns. */
const questionsOfALook = 8
/** An agent that has just been started, or has lost its connection, is there again sooner. */
const usualPatienceMs = 5_000

interface Known {
  readonly wait: JobWaitView
  /** Since when nobody could run it, by this machine's clock. */
  readonly stuckSince: number | undefined
}

/** What the jobs of a run wait for, as its server tells. */
export class Waits {
  readonly #connection: Pick<Connection, 'wait'>
  readonly #patienceMs: number
  /** The job asked about longest ago first. */
  readonly #known = new Map<string, Known>()

  constructor(connection: Pick<Connection, 'wait'>, patienceMs = usualPatienceMs) {
    this.#connection = connection
    this.#patienceMs = patienceMs
  }

  /** Asks about jobs that could start; answers all of which something is known. */
  async look(pipeline: PipelineView): Promise<readonly WaitingJob[]> {
    const waiting = openJobs(pipeline).filter(couldStart)
    const ids = new Set(waiting.map((job) => job.id))
    for (const id of this.#known.keys()) if (!ids.has(id)) this.#known.delete(id)
    const fresh = [...ids].filter((id) => !this.#known.has(id))
    const turn = [...fresh, ...this.#known.keys()].slice(0, questionsOfALook)
    const answers = await Promise.all(turn.map(async (id) => [id, await this.#connection.wait(id)] as const))
    const now = Date.now()
    for (const [id, wait] of answers) {
      const stuckSince = wait.kind === 'no-agent' ? (this.#known.get(id)?.stuckSince ?? now) : undefined
      this.#known.delete(id)
      this.#known.set(id, { wait, stuckSince })
    }
    return waiting.flatMap((job) => {
      const known = this.#known.get(job.id)
      if (known === undefined || known.wait.kind === 'none') return []
      const stuck = known.stuckSince !== undefined && now - known.stuckSince >= this.#patienceMs
      return [{ job, wait: known.wait, stuck }]
    })
  }
}

/** Whether what is left of a run waits for jobs that nobody runs. What is held counts while somebody may approve it. */
export function onlyStuckLeft(pipeline: PipelineView, waits: readonly WaitingJob[], mayApprove: boolean): boolean {
  const stuck = new Set(waits.filter((wait) => wait.stuck).map(({ job }) => job.id))
  const rest = openJobs(pipeline).filter(
    (job) => !stuck.has(job.id) && job.status !== 'blocked' && (job.status !== 'on_hold' || mayApprove),
  )
  return stuck.size > 0 && rest.length === 0
}

function couldStart(job: JobView): boolean {
  return job.status === 'queued' || job.status === 'not_running'
}

function openJobs({ workflows }: PipelineView): readonly JobView[] {
  return workflows.flatMap(({ jobs }) => jobs.filter((job) => !isFinalJobStatus(job.status)))
}
