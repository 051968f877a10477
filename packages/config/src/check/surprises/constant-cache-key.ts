import type { JobPlan } from '@rondo/model'
import type { Report } from '../../report.ts'
import type { Sources } from './place-of.ts'
import { placeInStep } from './place-of.ts'

/** A cache is never written twice, so a key without a template keeps what it was given first (semantics 25). */
export function checkCacheKeys(report: Report, job: JobPlan, sources: Sources): void {
  for (const step of job.steps) {
    if (step.type !== 'save_cache' || step.key.includes('{{')) continue
    const { key, origin } = step
    const message = `The cache key '${key}' never changes: what is saved under it first stays for good`
    report.warn('constant-cache-key', placeInStep(sources, origin, key), message, {
      chain: origin.chain,
      hint: () => keyHint(key),
    })
  }
}

function keyHint(key: string): string {
  const variable = /\$\{?([A-Za-z_]\w*)/.exec(key)?.[1]
  if (variable !== undefined)
    return `Variables of the shell are not put into keys; write {{ .Environment.${variable} }}`
  if (/\{\s*[.\w]/.test(key)) return 'What is filled in stands in two braces on either side: {{ .Branch }}'
  return 'Put something into the key that changes with the content, such as {{ checksum "package-lock.json" }}'
}
