import type { Plan } from '@rondo/model'
import type { Report } from '../../report.ts'
import { checkCacheKeyParts } from './cache-key-parts.ts'
import { checkCacheKeys } from './constant-cache-key.ts'
import { checkContexts } from './contexts.ts'
import { checkSerialGroups } from './serial-groups.ts'
import { checkTagFilters } from './tag-filter.ts'

/** Warns of what runs but does otherwise than its author is likely to think. One check a file; all are asked. */
export function checkSurprises(report: Report, plan: Plan, contexts: readonly string[] | undefined): void {
  const known = contexts === undefined ? undefined : new Set(contexts)
  for (const workflow of plan.workflows) {
    checkTagFilters(report, workflow)
    checkContexts(report, workflow, known)
    checkSerialGroups(report, workflow)
  }
  for (const job of Object.values(plan.jobs)) {
    checkCacheKeys(report, job)
    checkCacheKeyParts(report, job)
  }
}
