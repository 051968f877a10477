import type { TaskSpec } from '@rondo/protocol'

const lookEveryMs = 1_000

/**
 * Stops a job that may be run anew elsewhere once the server has not been heard for too long, by the agent's monotonic clock
 * alone, before the server gives the attempt up (rule D-04). Other jobs go on: nobody runs them a second time. Until the
 * answer is called.
 */
export function stopUnheard(
  spec: Pick<TaskSpec, 'stopUnheardAfterMs'>,
  heardAt: () => number,
  stop: () => void,
): () => void {
  const { stopUnheardAfterMs } = spec
  if (stopUnheardAfterMs === undefined) return () => {}
  const timer = setInterval(
    () => {
      if (performance.now() - heardAt() < stopUnheardAfterMs) return
      clearInterval(timer)
      stop()
    },
    Math.min(lookEveryMs, stopUnheardAfterMs / 4),
  )
  return () => clearInterval(timer)
}
