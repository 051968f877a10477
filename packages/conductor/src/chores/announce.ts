import type { Clock, EngineStore, ServerInstance } from '@rondo/model'
import { runPeriodically } from './run-periodically.ts'

const everyMs = 2_000
/** A process that said nothing for so long is away: a fifth of a lease, so nobody's lease runs out unnoticed. */
export const awayAfterMs = 6_000

/** Tells the others that this process lives and what it does, until the signal aborts. */
export function announce(
  ports: { readonly engine: Pick<EngineStore, 'announce'>; readonly clock: Clock },
  options: { readonly instance: ServerInstance; readonly onError?: (error: unknown) => void },
  signal: AbortSignal,
): Promise<void> {
  return runPeriodically(
    ports,
    {
      everyMs,
      async round() {
        await ports.engine.announce(options.instance, awayAfterMs)
        return false
      },
      ...(options.onError === undefined ? {} : { onError: options.onError }),
    },
    signal,
  )
}
