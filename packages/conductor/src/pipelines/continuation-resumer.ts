import type { Clock } from '@rondo/model'
import type { LoopOptions } from '../chores/run-periodically.ts'
import type { StartChecks } from '../workflows/start-job.ts'
import { type ContinuePorts, finishContinuation } from './continue-pipeline.ts'

/** Continuations looked at in one round; the rest wait for the next. */
const batch = 20

/**
 * Finishes continuations that a process accepted and did not live to carry out: at once, then every few seconds. One that
 * another process is finishing at this moment is finished once all the same.
 */
export async function resumeContinuations(
  ports: Pick<ContinuePorts, 'engine' | 'newId' | 'compiler'> & { readonly checks: StartChecks; readonly clock: Clock },
  options: LoopOptions,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const began = ports.clock.monotonicMs()
    try {
      // One that cannot be finished now holds up none of the others.
      for (const pipelineId of await ports.engine.pendingPipelines(batch))
        await finishContinuation(ports, ports.checks, pipelineId).catch((error: unknown) => options.onError?.(error))
    } catch (error) {
      options.onError?.(error)
    }
    options.onRound?.(ports.clock.monotonicMs() - began)
    await ports.clock.sleep(options.everyMs ?? 5_000, signal)
  }
}
