import type { Phase, Result } from './outcome.ts'

/** One parallel slice of a job. */
export interface Task {
  readonly id: string
  readonly jobId: string
  /** `CIRCLE_NODE_INDEX`, from 0. */
  readonly index: number
  readonly phase: Phase
  readonly result: Result | null
  /** The newest attempt; only it may write. */
  readonly attemptId: string | null
  readonly attempts: number
}

/** One try at a task. `epoch` rises each time ownership changes hands (rule D-02). */
export interface Attempt {
  readonly id: string
  readonly taskId: string
  readonly number: number
  readonly epoch: number
  readonly agentId: string
  readonly phase: 'claimed' | 'running' | 'finished'
  readonly result: Result | null
  readonly claimedAt: Date
  readonly grantedAt: Date | null
  readonly finishedAt: Date | null
}

/** One action inside an attempt, with its own output. */
export interface StepRecord {
  readonly id: string
  readonly attemptId: string
  readonly taskIndex: number
  readonly index: number
  readonly name: string
  /** Keyword of the config, or `spin_up`, `prepare_environment`. */
  readonly type: string
  readonly command: string | null
  readonly phase: Phase
  readonly result: Result | null
  readonly exitCode: number | null
  /** How often it was run again after it failed (`max_auto_reruns`). */
  readonly reruns: number
  readonly background: boolean
  readonly startedAt: Date
  readonly finishedAt: Date | null
  /** Bytes of output durable so far. */
  readonly outputBytes: number
  readonly truncated: boolean
  /** The bytes are gone, by the retention policy. */
  readonly outputExpired: boolean
}
