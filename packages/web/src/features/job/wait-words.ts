import type { JobWaitView } from '@rondo/protocol'
import { duration } from '../../shared/time.ts'

export interface WaitWords {
  /** The job's name, where several are listed; it begins the sentence. */
  readonly name: string | null
  readonly sentence: string
  readonly facts: string
}

/** What a waiting job is said to wait for: one sentence, then its place, when it is expected to start, and how long it took so far. */
export function waitWords(wait: Omit<JobWaitView, 'kind'>, name?: string): WaitWords {
  const { ahead, expectedMs, waitedMs } = wait
  const text = wait.unknown === null ? wait.text : `${wait.text} ${wait.unknown}`
  const place = ahead === null ? [] : [`place ${ahead + 1} in line`]
  const expected =
    expectedMs === null
      ? []
      : [expectedMs < 1_000 ? 'expected to start any moment' : `expected in ${duration(expectedMs)}`]
  const facts = [...place, ...expected, `${duration(waitedMs)} so far`].join(' · ')
  if (name === undefined) return { name: null, sentence: text, facts }
  // With its name before it, a sentence that speaks of "it" goes on after the name.
  return text.startsWith('It ')
    ? { name, sentence: text.slice('It '.length), facts }
    : { name: `${name}:`, sentence: text, facts }
}
