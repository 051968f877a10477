import type { SettingName } from '../settings.ts'

/** What is kept for a while, by the name of its setting. */
export const retentionKinds = ['output', 'artifacts', 'workspaces', 'test-results', 'caches', 'pipelines'] as const
export type RetentionKind = (typeof retentionKinds)[number]

export function retentionSetting(kind: RetentionKind): SettingName {
  return `retention.${kind}`
}

/** Days that each kind is kept for; 0: for ever. */
export type RetentionDays = Readonly<Record<RetentionKind, number>>

export interface ExpiredCount {
  readonly count: number
  /** Of test results, which the database alone keeps, the length of their texts. */
  readonly bytes: number
}

/** How much a batch took, and whether there may be more. */
export interface ExpiredBatch extends ExpiredCount {
  readonly more: boolean
}

export interface OldOutput {
  /** Empty: there is none. */
  readonly jobIds: readonly string[]
  readonly stepIds: readonly string[]
  /** Attempts whose agent was lost, perhaps with output of a step that it never told of. */
  readonly lostAttempts: readonly string[]
}

/**
 * What is older than it is kept for. What jobs left is as old as the job's end, a pipeline as old as its trigger. Each
 * batch is one short transaction and remembers how far it came, so that any process may stop at any line and go on later.
 */
export interface RetentionStore {
  /** Projects in the order of their ids, after this one. */
  projectsAfter(id: string | null, limit: number): Promise<readonly { readonly id: string; readonly slug: string }[]>
  /**
   * What a policy would take from a project now, and how many bytes that frees. An object counts with the first kind that takes it,
   * and only when nothing that stays names it; pipelines count with what the other kinds leave of them.
   */
  count(projectId: string, days: RetentionDays): Promise<Readonly<Record<RetentionKind, ExpiredCount>>>
  /** Takes rows of at most `limit` jobs, caches or pipelines. Objects they named are swept later; nothing names them any more. */
  expire(
    projectId: string,
    kind: Exclude<RetentionKind, 'output' | 'pipelines'>,
    days: number,
    limit: number,
  ): Promise<ExpiredBatch>
  /** Jobs whose output is too old, with their steps. Bytes go first, then `forgetOutput`: a crash in between repeats the removal. */
  oldOutput(projectId: string, days: number, limit: number): Promise<OldOutput>
  /** Notes that the bytes of these steps are gone, and that a project's retention came past these jobs. */
  forgetOutput(
    stepIds: readonly string[],
    passed?: { readonly projectId: string } & Pick<OldOutput, 'jobIds'>,
  ): Promise<void>
  /** The oldest pipeline that is too old and has ended, with the steps whose output must go before it; before it one that was taken in part. */
  oldPipeline(
    projectId: string,
    days: number,
    limit: number,
  ): Promise<({ readonly id: string } & Omit<OldOutput, 'jobIds'>) | undefined>
  /**
   * Takes the pipeline first, after which nothing of it is shown and nobody can rerun it; then what belonged to it, at most `limit`
   * jobs with all their rows a call. True: nothing of it is left, or it stays, because it runs again or left more output.
   */
  dropPipeline(id: string, limit: number): Promise<boolean>
  /** Which of these objects a cache, an artifact or a workspace needs. */
  referenced(digests: readonly string[]): Promise<ReadonlySet<string>>
  /** Where a walk that takes more than one round has come. */
  cursor(name: string): Promise<string | null>
  saveCursor(name: string, value: string | null): Promise<void>
}
