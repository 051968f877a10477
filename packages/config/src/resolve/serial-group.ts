import { reportType } from '../plan/expected-type.ts'
import type { Report } from '../report.ts'
import type { Node } from '../tree/node.ts'
import { isFailed, stringOf } from '../tree/node.ts'

const maxLength = 512
const allowed = /^[A-Za-z0-9._/-]+$/

/** The key of a `serial-group` (semantics 16, 21.4); undefined when there is none or it is wrong. */
export function serialGroupKey(report: Report, node: Node | undefined): string | undefined {
  if (node === undefined || isFailed(node)) return undefined
  const key = stringOf(node)
  if (key === undefined) return reportType({ report, what: '', chain: [] }, "'serial-group'", node, 'String')
  if (key.length <= maxLength && allowed.test(key)) return key
  report.error(
    'invalid-value',
    node.span,
    `'serial-group' must hold 1 to ${maxLength} characters out of letters, digits and '._/-'; found '${key.slice(0, 100)}'`,
  )
  return undefined
}
