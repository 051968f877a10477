import type { Phase, Result } from '../outcome.ts'

/**
 * What the owner of a failed job asks for in its environment. `run`: the failed step again, with this command. `drain` is no
 * owner's: an administrator drains the agent, which keeps nothing then.
 */
export type HoldOrder =
  | { readonly type: 'open-shell'; readonly columns: number; readonly rows: number }
  | { readonly type: 'input'; readonly text: string }
  | { readonly type: 'resize'; readonly columns: number; readonly rows: number }
  | { readonly type: 'run'; readonly command: string }
  | { readonly type: 'continue' }
  | { readonly type: 'release' }
  | { readonly type: 'drain' }

/** Why the environment of a failed job stays no longer. */
export type HoldEnd = 'over' | 'released' | 'drained'

/** A failed attempt whose environment stays for its owner. */
export interface Hold {
  readonly attemptId: string
  readonly slice: number
  readonly until: Date
}

/** What is known of a task's environment that does not stay; times are null for what never was. */
export interface HoldFacts {
  readonly jobName: string
  readonly projectSlug: string
  readonly slice: number
  /** How many the job has. */
  readonly slices: number
  readonly phase: Phase
  readonly result: Result | null
  /** The project asks for it; `forbidden` and `fork` outweigh that. */
  readonly asked: boolean
  /** The project's setting `disable_ssh`. */
  readonly forbidden: boolean
  readonly fork: boolean
  readonly agent: string | null
  readonly until: Date | null
  readonly ended: { readonly why: HoldEnd; readonly at: Date; readonly by: string | null } | null
}

export interface HoldTerms {
  readonly forMs: number
  /** Environments one organisation may keep at once. */
  readonly quota: number
}

/** Environments of failed jobs that stay for a while; see docs/adr/0004. */
export interface Holds {
  /**
   * Keeps the environment of an attempt of a project that asks for it, within the quota of its organisation; answers the
   * milliseconds that are left of it. Asked again, it answers what is left of the first time. Undefined: it is not kept.
   */
  begin(attemptId: string, terms: HoldTerms): Promise<number | undefined>
  /** Its environment is gone. */
  end(attemptId: string, why: HoldEnd): Promise<void>
  ofJob(jobId: string): Promise<readonly Hold[]>
  /** Why nothing of a job's task stays; undefined: the job has no such task. */
  facts(jobId: string, slice: number): Promise<HoldFacts | undefined>
  /** Hands orders to the agent, in order, and writes down who gave them; false: nothing is held there any more. */
  order(hold: Pick<Hold, 'attemptId'>, orders: readonly HoldOrder[], actorId: string): Promise<boolean>
  /** Orders after this one; those before it are known to the agent and forgotten: they may hold what somebody typed. */
  orders(attemptId: string, after: number): Promise<readonly { readonly id: number; readonly order: HoldOrder }[]>
}
