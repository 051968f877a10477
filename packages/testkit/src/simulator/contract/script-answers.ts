import { AppError } from '@rondo/model'

/** What became of it: an answer, a refusal, or nothing because it was taken back. */
export async function settled(run: () => Promise<unknown>): Promise<unknown> {
  try {
    return (await run()) ?? null
  } catch (error) {
    if (error instanceof AppError) return { refused: error.code }
    if (error instanceof RolledBack) return 'rolled back'
    throw error
  }
}

/** Thrown on purpose, so that a transaction is undone. */
export class RolledBack extends Error {}
/** Tasks that one claim takes are recorded in any order. */
export function inOneOrder(history: readonly string[]): readonly string[] {
  const claims = (line: string | undefined) => line?.includes('"task.claimed"') === true
  const ordered: string[] = []
  for (let start = 0; start < history.length; ) {
    let end = start + 1
    while (claims(history[start]) && claims(history[end])) end++
    ordered.push(...history.slice(start, end).sort())
    start = end
  }
  return ordered
}

/** Keys in order, times as their presence, what is missing left out. */
export function plain(value: unknown): unknown {
  if (value instanceof Date) return 'a time'
  if (Array.isArray(value)) return value.map(plain)
  if (value === null || typeof value !== 'object') return value
  const entries = Object.entries(value).filter(([, part]) => part !== undefined)
  entries.sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(
    entries.map(([key, part]) => {
      if (key === 'ageMs' || key === 'pipelineAgeMs') return [key, 'a time']
      // Names are the stand's own.
      if (key === 'agent' || key === 'organizationName' || key === 'projectName') return [key, 'a name']
      return [key, plain(part)]
    }),
  )
}
