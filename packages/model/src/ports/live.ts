import type { EventRecord } from '../event.ts'

/** Follows the event log as it grows. Listeners get events in order, shortly after they are committed. */
export interface LiveEvents {
  subscribe(listener: (event: EventRecord) => void): Disposable
}
