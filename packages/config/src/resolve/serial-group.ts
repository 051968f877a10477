import type { OriginFrame } from '@rondo/model'
import { reportType } from '../plan/expected-type.ts'
import type { Report } from '../report.ts'
import type { Node } from '../tree/node.ts'
import { isFailed, stringOf } from '../tree/node.ts'

const maxLength = 512
const allowed = /^[A-Za-z0-9._/-]+$/

/** The key of a `serial-group` (semantics 16, 21.4); undefined when there is none or it is wrong. */
export function serialGroupKey(
  report: Report,
  node: Node | undefined,
  chain: readonly OriginFrame[],
): string | undefined {
  if (node === undefined || isFailed(node)) return undefined
  const key = stringOf(node)
  if (key === undefined) return reportType({ report, what: '', chain }, "'serial-group'", node, 'String')
  if (key.length <= maxLength && allowed.test(key)) return key
  const tooLong = allowed.test(key)
  const message = tooLong
    ? `'serial-group' has ${key.length} characters; at most ${maxLength} are allowed`
    : `'serial-group' must hold 1 to ${maxLength} characters out of letters, digits and '._/-'; found '${key.slice(0, 100)}'`
  report.error('invalid-value', node.span, message, { chain, hint: hintFor(key) })
  return undefined
}

function hintFor(key: string): string | undefined {
  if (key.length > maxLength) return 'Choose a shorter name'
  const usable = key.replaceAll(/[^A-Za-z0-9._/-]+/g, '-')
  return usable === '' || usable === '-' ? 'Give the group a name, or leave it out' : `Write '${usable}'`
}
