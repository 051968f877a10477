/** What the owner of a failed job asks for in its environment. `run`: the failed step again, with this command. */
export type HoldOrder =
  | { readonly type: 'open-shell'; readonly columns: number; readonly rows: number }
  | { readonly type: 'input'; readonly text: string }
  | { readonly type: 'resize'; readonly columns: number; readonly rows: number }
  | { readonly type: 'run'; readonly command: string }
  | { readonly type: 'continue' }
  | { readonly type: 'release' }

/** A failed attempt whose environment stays for its owner. */
export interface Hold {
  readonly attemptId: string
  readonly slice: number
  readonly until: Date
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
  end(attemptId: string): Promise<void>
  ofJob(jobId: string): Promise<readonly Hold[]>
  /** Hands orders to the agent, in order, and writes down who gave them; false: nothing is held there any more. */
  order(hold: Pick<Hold, 'attemptId'>, orders: readonly HoldOrder[], actorId: string): Promise<boolean>
  /** Orders after this one; those before it are known to the agent and forgotten: they may hold what somebody typed. */
  orders(attemptId: string, after: number): Promise<readonly { readonly id: number; readonly order: HoldOrder }[]>
}
