import type { PipelineView } from '@rondo/protocol'
import type { Connection } from './connection.ts'

interface Held {
  readonly id: string
  readonly workflowId: string
  readonly name: string
}

/** Approves what was said beforehand, and asks about the rest where somebody can answer. */
export class Approvals {
  readonly #connection: Connection
  readonly #beforehand: ReadonlySet<string>
  readonly #input: NodeJS.ReadStream | undefined
  readonly #refused = new Set<string>()
  readonly #given = new Set<string>()
  readonly #known = new Set<string>()
  #held: readonly Held[] = []
  #underWay = false
  /** The last answer, when it was none. */
  #misheard: string | undefined

  constructor(connection: Connection, beforehand: ReadonlySet<string>, input: NodeJS.ReadStream | undefined) {
    this.#connection = connection
    this.#beforehand = beforehand
    this.#input = input
    input?.on('data', this.#answered)
  }

  look(pipeline: PipelineView): void {
    const held = pipeline.workflows.flatMap((workflow) =>
      workflow.jobs
        .filter((job) => job.status === 'on_hold')
        .map((job) => ({ id: job.id, workflowId: workflow.id, name: job.name })),
    )
    this.#held = held.filter((job) => !this.#given.has(job.id))
    for (const { type, name } of pipeline.workflows.flatMap((workflow) => workflow.jobs))
      if (type === 'approval') this.#known.add(name)
    for (const job of this.#held) if (this.#beforehand.has(job.name) || this.#beforehand.has('all')) this.#approve(job)
    this.#underWay = held.some((job) => this.#given.has(job.id))
  }

  /** What to ask now; undefined when nothing waits, or nobody is there to be asked. */
  question(): string | undefined {
    const job = this.#asked()
    if (job === undefined) return undefined
    return `${this.#misheard === undefined ? '' : `"${this.#misheard}" is neither yes nor no. `}Approve ${job.name}?  y/n, then Enter`
  }

  /** Whether somebody may yet approve something. */
  open(): boolean {
    return this.#asked() !== undefined || this.#underWay
  }

  /** Names approved beforehand that no approval job of the run had. */
  unknown(): readonly string[] {
    return [...this.#beforehand].filter((name) => name !== 'all' && !this.#known.has(name))
  }

  close(): void {
    this.#input?.off('data', this.#answered)
    this.#input?.pause()
    this.#input?.unref()
  }

  #asked(): Held | undefined {
    if (this.#input === undefined) return undefined
    return this.#held.find((job) => !this.#refused.has(job.id) && !this.#given.has(job.id))
  }

  #answered = (chunk: Buffer | string): void => {
    const answer = String(chunk).trim().toLowerCase()
    const job = this.#asked()
    if (job === undefined) return
    const understood = /^(?:y|yes|n|no)$/.test(answer)
    this.#misheard = understood ? undefined : answer
    if (answer === 'y' || answer === 'yes') this.#approve(job)
    else if (answer === 'n' || answer === 'no') this.#refused.add(job.id)
  }

  #approve(job: Held): void {
    this.#given.add(job.id)
    this.#connection
      .call('POST', `/api/v2/workflow/${job.workflowId}/approve/${job.id}`)
      // Refused when the workflow ended meanwhile: what is held is looked at again.
      .catch(() => this.#given.delete(job.id))
  }
}
