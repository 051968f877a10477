import type { AttemptIdentity, EngineTransaction } from '@rondo/model'
import type { ReportEntry } from '@rondo/protocol'
import { stepIdOf } from './step-id.ts'

type Told<Type extends ReportEntry['type']> = {
  readonly identity: AttemptIdentity
  readonly entry: Extract<ReportEntry, { type: Type }>
}

/**
 * Writes which steps began and ended, all at once: a job of short steps tells of many in one report, and each was two
 * questions to the database that the next one waited for. Answers the ids of their steps by entry; an end of what never began
 * has none.
 */
export async function recordSteps(
  tx: EngineTransaction,
  reports: readonly { readonly identity: AttemptIdentity; readonly entries: readonly ReportEntry[] }[],
): Promise<ReadonlyMap<ReportEntry, string>> {
  const begun: Told<'step-started'>[] = []
  const ended: Told<'step-finished'>[] = []
  for (const { identity, entries } of reports)
    for (const entry of entries) {
      if (entry.type === 'step-started') begun.push({ identity, entry })
      if (entry.type === 'step-finished') ended.push({ identity, entry })
    }
  const begunIds = begun.length === 0 ? [] : await tx.startSteps(begun.map(begunStep))
  const endedIds = ended.length === 0 ? [] : await tx.finishSteps(ended.map(endedStep))
  const ids = new Map<ReportEntry, string>()
  for (const [at, { entry }] of begun.entries()) ids.set(entry, begunIds[at]!)
  for (const [at, { entry }] of ended.entries()) if (endedIds[at] !== undefined) ids.set(entry, endedIds[at])
  return ids
}

function begunStep({ identity: { attemptId, taskIndex }, entry }: Told<'step-started'>) {
  const { step: index, name, kind, command, background, at } = entry
  return { id: stepIdOf(attemptId, index), attemptId, taskIndex, index, name, type: kind, command, background, at }
}

function endedStep({ identity: { attemptId }, entry }: Told<'step-finished'>) {
  const { step: index, result, exitCode, reruns = 0, outputBytes, outputSha256, truncated, at } = entry
  return { attemptId, index, result, exitCode, reruns, outputBytes, outputSha256, truncated, at }
}
