import { isNoRoom } from '@rondo/adapters'
import type { Journal } from '../reports/journal.ts'

/**
 * What kept the agent from its work, in the user's words. `folder` is the attempt's, which lies on the disk that is full when
 * an error does not say which.
 */
export function faultOf(error: unknown, folder: string): string {
  const { path, message } = error as NodeJS.ErrnoException
  if (isNoRoom(error)) return `no space is left on the disk of ${path ?? folder}. Make room there, or raise its quota.`
  if (!(error instanceof Error)) return String(error)
  // An engine's words name the path.
  return /no space left on device|disk quota exceeded/i.test(message)
    ? `${message.replace(/\.?\s*$/, '')}. Make room on the disk of that path.`
    : message
}

/** Whether the job's own code has not begun, so that the task may be begun anew by anybody (rule D-01). */
export function notBegun(journal: Journal): { readonly unbegun?: true } {
  return journal.launched.size === 0 ? { unbegun: true } : {}
}
