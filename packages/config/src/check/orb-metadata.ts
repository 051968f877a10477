import { didYouMean } from '../did-you-mean.ts'
import type { Report } from '../report.ts'
import type { MapNode, Node } from '../tree/node.ts'
import { child, isNull, stringOf, typeName } from '../tree/node.ts'

const displayKeys = ['home_url', 'source_url']
const exampleKeys = ['description', 'usage', 'result']

/**
 * What an orb says about itself in a registry: `display` and `examples` (semantics 2). Examples are not compiled. Warnings
 * only: orbs with slips in there have been published, and work.
 */
export function checkOrbMetadata(report: Report, root: MapNode): void {
  checkDisplay(report, child(root, 'display'))
  const examples = child(root, 'examples')
  if (examples === undefined || isNull(examples)) return
  if (examples.kind !== 'map') warnOfType(report, examples, "'examples'", 'Mapping')
  else for (const { key, value } of examples.entries.values()) checkExample(report, key, value)
}

function checkDisplay(report: Report, display: Node | undefined): void {
  if (display === undefined || isNull(display)) return
  if (display.kind !== 'map') {
    warnOfType(report, display, "'display'", 'Mapping')
    return
  }
  warnOfOthers(report, display, displayKeys, "'display'")
  for (const key of displayKeys) {
    const url = child(display, key)
    if (url !== undefined && stringOf(url) === undefined) warnOfType(report, url, `'${key}' of 'display'`, 'String')
  }
}

function checkExample(report: Report, name: string, example: Node): void {
  const what = `example '${name}'`
  if (example.kind !== 'map') {
    warnOfType(report, example, what, 'Mapping')
    return
  }
  warnOfOthers(report, example, exampleKeys, what)
  const usage = child(example, 'usage')
  if (usage === undefined) report.warn('missing-key', example.span, `${what} has no 'usage', which is what it is for`)
  else if (usage.kind !== 'map') warnOfType(report, usage, `'usage' of ${what}`, 'Mapping')
}

function warnOfOthers(report: Report, node: MapNode, known: readonly string[], what: string): void {
  for (const { key, keySpan } of node.entries.values()) {
    if (known.includes(key)) continue
    const hint = () => didYouMean(key, known)
    report.warn('ignored-key', keySpan, `The key '${key}' means nothing in ${what} and is ignored`, { hint })
  }
}

function warnOfType(report: Report, node: Node, what: string, type: string): void {
  report.warn('expected-type', node.span, `${what} expected type: ${type}, found: ${typeName(node)}`)
}
