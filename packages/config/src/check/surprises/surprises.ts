import type { Plan } from '@rondo/model'
import type { Report } from '../../report.ts'
import type { LinkedWorkflow } from '../link.ts'
import { checkCacheKeyParts } from './cache-key-parts.ts'
import { checkCacheKeys } from './constant-cache-key.ts'
import { checkContexts } from './contexts.ts'
import { checkNameFilters } from './name-filters.ts'
import type { Sources } from './place-of.ts'
import { checkSerialGroups } from './serial-groups.ts'
import { checkTagFilters } from './tag-filter.ts'

export interface SurpriseSources {
  /** What the plan's workflows were read from, in the same order. */
  readonly linked: readonly LinkedWorkflow[]
  readonly sources: Sources
  /** Names of the contexts that exist; undefined when that is not known. */
  readonly contexts: readonly string[] | undefined
}

/** Warns of what runs but does otherwise than its author is likely to think. One check a file; all are asked. */
export function checkSurprises(report: Report, plan: Plan, { linked, sources, contexts }: SurpriseSources): void {
  const known = contexts === undefined ? undefined : new Set(contexts)
  for (const [index, workflow] of plan.workflows.entries()) {
    checkTagFilters(report, workflow)
    checkContexts(report, { workflow, linked: linked[index]! }, known)
    checkNameFilters(report, workflow, linked[index]!)
    checkSerialGroups(report, workflow)
  }
  for (const job of Object.values(plan.jobs)) {
    checkCacheKeys(report, job, sources)
    checkCacheKeyParts(report, job, sources)
  }
}
