import type { Result } from '@rondo/model'

const others: Partial<Record<Result, string>> = {
  passed: 'success',
  'timed-out': 'timedout',
  lost: 'infrastructure_fail',
  unknown: 'terminated-unknown',
}

/** How a step or slice ended, in the API's words (reference/api, 4.1); null: it is not told, which only failures are not. */
export function resultWord(result: Result | null): string {
  return result === null ? 'failed' : (others[result] ?? result)
}
