/** Everything that may happen to the nouns; `<noun>.<verb>` in the past tense. */
export type EventKind =
  | 'pipeline.created'
  | 'pipeline.errored'
  | 'pipeline.changed'
  | 'pipeline.canceled'
  | 'branch.deleted'
  | 'push.skipped'
  | 'schedule.skipped'
  | 'workflow.created'
  | 'workflow.omitted'
  | 'workflow.changed'
  | 'workflow.canceled'
  | 'workflow.finished'
  | 'job.created'
  | 'job.changed'
  | 'job.finished'
  | 'job.approved'
  | 'lock.given'
  | 'lock.released'
  | 'task.queued'
  | 'task.promoted'
  | 'task.claimed'
  | 'task.started'
  | 'task.finished'
  | 'task.requeued'
  | 'step.started'
  | 'step.finished'
  | 'output.damaged'
  | 'artifact.stored'
  | 'tests.stored'
  | 'hold.began'
  | 'hold.ordered'
  | 'hold.ended'
  | 'ssh.admitted'
  | 'agent.drained'
  | 'agent.resumed'
  | 'agent.joined'
  | 'agent.token-made'
  | 'agent.token-revoked'
  | 'token.made'
  | 'token.revoked'
  | 'namespace.created'
  | 'namespace.changed'
  | 'namespace.deleted'
  | 'orb.created'
  | 'orb.changed'
  | 'orb.published'
  | 'setting.changed'
  | 'limit.changed'

/**
 * One fact, written in the transaction that made it true (rule D-06). Followers read them in order of `position`
 * with a cursor of their own, at least once.
 */
export interface EventRecord {
  readonly id: number
  /** Opaque, ordered; a cursor is the position of the last event handled. */
  readonly position: string
  readonly at: Date
  readonly kind: EventKind
  readonly organizationId: string | null
  readonly projectId: string | null
  readonly pipelineId: string | null
  readonly workflowId: string | null
  readonly jobId: string | null
  readonly actorId: string | null
  readonly data: Readonly<Record<string, unknown>>
}

/** An event with the names of what it is about, as the history of a pipeline shows it. */
export interface HistoryEntry extends EventRecord {
  readonly actorLogin: string | null
  readonly workflowName: string | null
  readonly jobName: string | null
}

/** What somebody did to the installation, an organisation or a project, beside building. */
export interface AdministrationEntry extends HistoryEntry {
  /** `gh/ORG/REPO` or `gh/ORG`; null: the installation, or somebody's own. */
  readonly place: string | null
}

export type NewEvent = Pick<EventRecord, 'kind'> & Partial<Omit<EventRecord, 'id' | 'position' | 'at' | 'kind'>>
