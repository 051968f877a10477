import type { Filters, NameFilter } from '@rondo/model'
import { compileRegex } from '../regex/compile-regex.ts'
import type { Node } from '../tree/node.ts'
import { typeName } from '../tree/node.ts'
import { readFields } from './fields.ts'
import { patternOf } from './name-pattern.ts'
import type { Place } from './place.ts'
import { optional } from './steps/step-reader.ts'

/** `filters` in the map form (semantics 19.1); undefined when there are none or they are wrong. */
export function readFilters(place: Place, node: Node | undefined): Filters | undefined {
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return undefined
  if (node.kind !== 'map') {
    place.report.error(
      'filter',
      node.span,
      `'filters' of ${place.what} must be a map or an expression, found ${typeName(node)}`,
      { chain: place.chain, hint: 'Write filters: {branches: {only: main}}' },
    )
    return undefined
  }
  const fields = readFields({ ...place, what: `'filters' of ${place.what}` }, node)
  fields.only(['branches', 'tags'], 'error')
  return {
    ...optional('branches', readNameFilter(place, 'branches', node.entries.get('branches')?.value)),
    ...optional('tags', readNameFilter(place, 'tags', node.entries.get('tags')?.value)),
  }
}

/** `only` and `ignore`, each a name or a list of names and /patterns/. */
export function readNameFilter(place: Place, key: string, node: Node | undefined): NameFilter | undefined {
  if (node === undefined) return undefined
  if (node.kind === 'scalar' && node.value === null) return {}
  if (node.kind !== 'map') {
    place.report.error(
      'filter',
      node.span,
      `'${key}' of ${place.what} must be a map with 'only' or 'ignore', found ${typeName(node)}`,
      { chain: place.chain, hint: "Write 'only:' below it, and the names behind that" },
    )
    return undefined
  }
  const fields = readFields({ ...place, what: `'${key}' of ${place.what}` }, node)
  fields.only(['only', 'ignore'], 'error')
  for (const name of ['only', 'ignore'])
    for (const text of fields.textOrTexts(name) ?? []) checkPattern(place, fields.node(name)!, text)
  return { ...optional('only', fields.textOrTexts('only')), ...optional('ignore', fields.textOrTexts('ignore')) }
}

function checkPattern(place: Place, node: Node, text: string): void {
  const pattern = patternOf(text)
  if (pattern === undefined) return
  const compiled = compileRegex(pattern, 'java')
  const item = node.kind === 'list' ? node.items.find((each) => each.kind === 'scalar' && each.value === text) : node
  if (!compiled.ok) {
    place.report.error('regex', (item ?? node).span, `The pattern ${text} cannot be used: ${compiled.reason}`, {
      chain: place.chain,
    })
  }
}
