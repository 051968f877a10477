import { AppError, createRounds, type EngineTransaction, type HeldAttempt } from '@rondo/model'
import type { AttemptRef } from '@rondo/protocol'
import { decided } from '../workflows/decided.ts'
import type { DispatcherPorts } from './dispatcher-ports.ts'
import { grantStarts } from './grant-start.ts'
import { type Report, recordReports } from './record-entries.ts'

/** What changes jobs: the start of an attempt, or the report that ends it. */
interface Errand {
  readonly agentId: string
  readonly ref: AttemptRef
  /** Undefined: it asks for its start. */
  readonly report?: Report
}

/** Whether a start was granted, or up to where a report is known. */
type Outcome = { readonly granted: boolean } | { readonly known: number }

/** More in one transaction would keep those that come meanwhile waiting for it. */
const mostTogether = 64
/** How often what somebody stands in the way of is tried with others, before it waits by itself. */
const tries = 3

/**
 * Carries out what agents ask for at the same time in one transaction: the database is asked and commits once for all of
 * them, what follows is decided together, and nobody is answered before the commit. One that somebody stands in the way of,
 * or that is to be refused, comes again with the next, and then is done by itself; so is each of a group that failed, so that
 * one that cannot be done keeps no other from it.
 */
export function createTogether(ports: DispatcherPorts): (errand: Errand) => Promise<Outcome> {
  const { engine } = ports
  const ask = createRounds(async (errands: readonly Errand[]) => {
    try {
      return await engine.transact((tx) => carryOutTogether(ports, tx, errands))
    } catch (error) {
      if (error instanceof AppError && error.code === 'unavailable') throw error
      return errands.map(() => 'alone' as const)
    }
  }, mostTogether)
  return async (errand) => {
    for (let tried = 0; tried < tries; tried++) {
      const outcome = await ask(errand)
      if (outcome === 'alone') break
      if (outcome !== undefined) return outcome
    }
    const alone = async (tx: EngineTransaction) => {
      // Whoever changes jobs holds the workflow before anything else, so that no two wait for each other.
      const held = await tx.holdAttempt(errand.agentId, errand.ref)
      const [outcome] = await carryOut(ports, tx, [{ errand, held }])
      return outcome!
    }
    return decided(engine, alone, errand.ref.attemptId)
  }
}

/** Undefined: somebody stands in the way. */
async function carryOutTogether(
  ports: DispatcherPorts,
  tx: EngineTransaction,
  errands: readonly Errand[],
): Promise<readonly (Outcome | 'alone' | undefined)[]> {
  const tried = await tx.tryAttempts(
    errands.map(({ agentId, ref: { attemptId, epoch } }) => ({ agentId, attemptId, epoch })),
  )
  const taken = new Map<string, Held>()
  for (const [index, errand] of errands.entries()) {
    const held = tried[index]
    // The same attempt once more is looked at when this one is done: a start is granted to the first who asks (rule D-03).
    if (held !== undefined && !held.head.hasLocks && !taken.has(errand.ref.attemptId))
      taken.set(errand.ref.attemptId, { errand, held })
  }
  const outcomes = await carryOut(ports, tx, [...taken.values()])
  const byErrand = new Map([...taken.values()].map(({ errand }, index) => [errand, outcomes[index]]))
  // Locks are others' business, too, and not waited for here.
  return errands.map((errand, index) => (tried[index]?.head.hasLocks ? 'alone' : byErrand.get(errand)))
}

interface Held {
  readonly errand: Errand
  readonly held: HeldAttempt
}

async function carryOut(
  ports: DispatcherPorts,
  tx: EngineTransaction,
  all: readonly Held[],
): Promise<readonly Outcome[]> {
  const granted = await grantStarts(
    tx,
    all.flatMap(({ errand, held }) => (errand.report === undefined ? [held] : [])),
  )
  const known = await recordReports(
    ports,
    tx,
    all.flatMap(({ errand, held }) =>
      errand.report === undefined ? [] : [{ ...errand.report, identity: held.identity, held }],
    ),
  )
  return all.map(({ errand, held: { identity } }) =>
    errand.report === undefined
      ? { granted: granted.has(identity.attemptId) }
      : { known: known.get(identity.attemptId)! },
  )
}
