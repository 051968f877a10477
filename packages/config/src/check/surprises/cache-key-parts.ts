import type { JobPlan } from '@rondo/model'
import { didYouMean } from '../../did-you-mean.ts'
import type { Report } from '../../report.ts'
import type { Sources } from './place-of.ts'
import { placeInStep } from './place-of.ts'

const part = /\{\{((?:(?!\{\{).)*?)\}\}/gs
const known =
  /^(?:\.Branch|\.BuildNum|\.Revision|\.CheckoutKey|\.Environment\.\w+|epoch|arch|checksum\s+(?:"[^"]*"|`[^`]*`))$/
const words = ['.Branch', '.BuildNum', '.Revision', '.CheckoutKey', '.Environment.NAME', 'checksum', 'epoch', 'arch']
const maxLength = 900

/** Cache keys that the job will fail at: parts that cannot be filled in, and keys that are too long (semantics 25). */
export function checkCacheKeyParts(report: Report, job: JobPlan, sources: Sources): void {
  for (const step of job.steps) {
    const keys = step.type === 'save_cache' ? [step.key] : step.type === 'restore_cache' ? step.keys : []
    for (const key of keys) {
      const wrong = wrongPart(key)
      if (wrong === undefined) continue
      const detail = { chain: step.origin.chain, hint: wrong.hint }
      report.warn('cache-key', placeInStep(sources, step.origin, wrong.piece), wrong.message, detail)
    }
  }
}

interface WrongPart {
  readonly piece: string
  readonly message: string
  readonly hint: string | (() => string)
}

/** The first part of a key that is wrong. */
function wrongPart(key: string): WrongPart | undefined {
  if (!key.includes('{{')) return key.length > maxLength ? tooLong(key) : undefined
  for (const [piece, inner] of key.matchAll(part)) {
    const text = inner!.replace(/^-/, '').replace(/-$/, '').trim()
    if (known.test(text)) continue
    return { piece, message: `The part ${piece} of a cache key cannot be filled in`, hint: () => partHint(text) }
  }
  const left = key.replaceAll(part, (piece) => ' '.repeat(piece.length)).indexOf('{{')
  if (left === -1) return undefined
  return {
    piece: key.slice(left),
    message: "The '{{' here is never closed",
    hint: "Write '}}' behind what is filled in",
  }
}

function tooLong(key: string): WrongPart {
  const message = `A cache key of ${key.length} characters is too long; ${maxLength} are allowed`
  return { piece: key, message, hint: 'Shorten it, or let a checksum stand for the content' }
}

function partHint(text: string): string {
  const word = /^[.\w]*/.exec(text)![0]
  const isSum = word === 'checksum' || /hash|sum|^md5|^sha/i.test(word)
  if (isSum) return checksumHint(text.slice(word.length).trim())
  const variable = /^(?:\.?(?:env|environment)\.|"?\$\{?)([A-Za-z_]\w*)\}?"?$/i.exec(text)?.[1]
  if (variable !== undefined) return `Write {{ .Environment.${variable} }}`
  const value = /^\.?((?:parameters|pipeline|matrix)\.[\w.-]+)$/.exec(text)?.[1]
  if (value !== undefined) return `Write << ${value} >>`
  if (/^\.Environment\./.test(text)) return "Names of variables hold letters, digits and '_' only"
  return didYouMean(word, words) ?? `A key may hold ${words.join(', ')}`
}

/** `package.json`, `'package.json'`, `("package.json")` */
function checksumHint(rest: string): string {
  const names = rest.match(/[^\s'"`(),]+/g) ?? []
  if (names.length > 1) return 'A checksum is of one file: write one part for each'
  return `Write {{ checksum "${names[0] ?? 'package-lock.json'}" }}`
}
