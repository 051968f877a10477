import { isShutdown, type StopReason } from '../reports/endings.ts'

/** An attempt's signal that its own time limit may use too. */
export interface StoppableSignal extends AbortSignal {
  stop?: (reason: StopReason) => void
}

/** A canceled attempt still has its end to tell; only a lost one, or a shutdown, has nothing more to say. */
export function reportSignal(signal: AbortSignal): AbortSignal {
  const controller = new AbortController()
  const pass = () => {
    if (signal.reason === 'gone' || isShutdown(signal)) controller.abort(signal.reason)
    else if (signal.reason !== 'unheard') setTimeout(() => controller.abort('late'), 60_000).unref()
  }
  if (signal.aborted) pass()
  else signal.addEventListener('abort', pass, { once: true })
  return controller.signal
}
