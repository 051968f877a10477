import type { EventRecord } from '@rondo/model'

/**
 * Puts the starts and ends of the steps of each attempt into the order in which they happened, on the places that they have among all
 * events, with the times of these: a step's end is told once its output has arrived, when the next step has begun long since. Events of
 * older servers, which do not say when their step began or ended, stay where they are.
 */
export function stepsInTurn<Entry extends Pick<EventRecord, 'kind' | 'data' | 'at'>>(
  entries: readonly Entry[],
): readonly Entry[] {
  const ordered = [...entries]
  const places = Map.groupBy(
    entries.keys().filter((place) => attemptOf(entries[place]!) !== undefined),
    (place) => attemptOf(entries[place]!),
  )
  for (const own of places.values()) {
    const steps = own.map((place) => entries[place]!).sort(inTurn)
    for (const [turn, place] of own.entries()) ordered[place] = { ...steps[turn]!, at: entries[place]!.at }
  }
  return ordered
}

function attemptOf({ kind, data }: Pick<EventRecord, 'kind' | 'data'>): string | undefined {
  const known = kind.startsWith('step.') && typeof data.by === 'string' && typeof data.attemptId === 'string'
  return known ? String(data.attemptId) : undefined
}

/** By the agent's clock; within a millisecond a step ends before a later one begins. */
function inTurn(a: Pick<EventRecord, 'kind' | 'data'>, b: Pick<EventRecord, 'kind' | 'data'>): number {
  return (
    Date.parse(String(a.data.by)) - Date.parse(String(b.data.by)) ||
    Number(a.data.index) - Number(b.data.index) ||
    (a.kind === b.kind ? 0 : a.kind === 'step.started' ? -1 : 1)
  )
}
