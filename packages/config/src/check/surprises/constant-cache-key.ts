import type { JobPlan } from '@rondo/model'
import type { Report } from '../../report.ts'

/** A cache is never written twice, so a key without a template keeps what it was given first (semantics 25). */
export function checkCacheKeys(report: Report, job: JobPlan): void {
  for (const step of job.steps) {
    if (step.type !== 'save_cache' || step.key.includes('{{')) continue
    const message = `The cache key '${step.key}' never changes: what is saved under it first stays for good`
    const hint = 'Put something into the key that changes with the content, such as {{ checksum "package-lock.json" }}'
    report.warn('constant-cache-key', step.origin.span, message, { chain: step.origin.chain, hint })
  }
}
