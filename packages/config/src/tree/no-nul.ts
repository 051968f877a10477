import type { Report } from '../report.ts'
import type { Node } from './node.ts'

/** Without one of these in its source no text of a config holds a NUL; most that have one mean it for a shell. */
const mayMeanNul = /\0|\\(?:0|x00|u0000|U0{8})/

/** No command line, variable or database can be given a NUL, so a text that holds one is a mistake, written how it may. */
export function refuseNul(source: string, root: Node, report: Report): void {
  if (mayMeanNul.test(source)) look(root, report, new Set())
}

function look(node: Node, report: Report, seen: Set<Node>): void {
  if (seen.has(node)) return
  seen.add(node)
  if (node.kind === 'scalar') refuse(node.value, node.span, report)
  else if (node.kind === 'list') for (const item of node.items) look(item, report, seen)
  else
    for (const { key, keySpan, value } of node.entries.values()) {
      refuse(key, keySpan, report)
      look(value, report, seen)
    }
}

function refuse(text: unknown, span: Node['span'], report: Report): void {
  if (typeof text !== 'string' || !text.includes('\0')) return
  report.error('invalid-value', span, 'This text holds a NUL character, which no command, variable or name can hold', {
    hint: 'Leave it out. Where a program is to see \\0, use single quotes or a block, in which YAML leaves it alone.',
  })
}
