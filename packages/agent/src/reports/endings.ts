/**
 * Why an attempt is stopped: by its user, by its time limit, because it wrote more than it may, because another owner has it,
 * because the agent ends, or because the server was not heard for so long that the job may be run anew.
 */
export type StopReason = 'canceled' | 'timed-out' | 'disk' | 'gone' | 'shutdown' | 'unheard'

/** How a step ended: its result, and the exit status when it has one. */
export interface StepEnd {
  readonly result: 'passed' | 'failed' | 'canceled' | 'timed-out'
  readonly exitCode: number | null
  /** How often it was run again after it failed, as its config asks for; absent: never. */
  readonly reruns?: number
  /** It could not be killed, so nothing can follow it. */
  readonly stuck?: true
}

/** How what was running ended when this stopped it. */
export function stoppedAs(signal: AbortSignal): 'timed-out' | 'canceled' {
  return signal.reason === 'timed-out' ? 'timed-out' : 'canceled'
}

/** The agent goes, and leaves everything for the next one. */
export function isShutdown(signal: AbortSignal): boolean {
  return signal.aborted && signal.reason === ('shutdown' satisfies StopReason)
}

export const passed: StepEnd = { result: 'passed', exitCode: null }
export const failed: StepEnd = { result: 'failed', exitCode: null }
