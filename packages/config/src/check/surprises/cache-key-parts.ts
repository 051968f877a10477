import type { JobPlan } from '@rondo/model'
import { didYouMean } from '../../did-you-mean.ts'
import type { Report } from '../../report.ts'

const part = /\{\{-?\s*(.*?)\s*-?\}\}/g
const known =
  /^(?:\.Branch|\.BuildNum|\.Revision|\.CheckoutKey|\.Environment\.\w+|epoch|arch|checksum\s+(?:"[^"]*"|`[^`]*`))$/
const words = ['.Branch', '.BuildNum', '.Revision', '.CheckoutKey', '.Environment.NAME', 'checksum', 'epoch', 'arch']
const maxLength = 900

/** Cache keys that the job will fail at: parts that cannot be filled in, and keys that are too long (semantics 25). */
export function checkCacheKeyParts(report: Report, job: JobPlan): void {
  for (const step of job.steps) {
    const keys = step.type === 'save_cache' ? [step.key] : step.type === 'restore_cache' ? step.keys : []
    for (const key of keys) {
      const { span, chain } = step.origin
      const wrong = [...key.matchAll(part)].find(([, inner]) => !known.test(inner!))
      if (wrong !== undefined) {
        const hint = didYouMean(wrong[1]!.split(' ', 1)[0]!, words) ?? `A key may hold ${words.join(', ')}`
        report.warn('cache-key', span, `The part ${wrong[0]} of a cache key cannot be filled in`, { chain, hint })
      } else if (!key.includes('{{') && key.length > maxLength) {
        const message = `A cache key of ${key.length} characters is too long; ${maxLength} are allowed`
        report.warn('cache-key', span, message, { chain })
      }
    }
  }
}
