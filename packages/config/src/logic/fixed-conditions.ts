import type { ResolveContext, Scope } from '../resolve/context.ts'
import { parseTemplate } from '../template/parse-template.ts'
import type { Node, ScalarNode } from '../tree/node.ts'
import { displayText, isNull, stringOf } from '../tree/node.ts'
import { sameValue } from '../tree/same-value.ts'

/** `pipeline.git.branch`, alone or in a comparison, without its `<< >>`. */
const reference = /\b(?:pipeline|parameters|matrix)\.[A-Za-z]/
const variable = /^\$\{?[A-Za-z_]/
const comparison = /^\s*!|[!=]=|=~|&&|\|\||\b(?:and|or|not)\b/

/** Warns of a text that counts as true whatever it says, and of a condition that is not there (semantics 7). */
export function warnOfFixedText(cx: ResolveContext, node: ScalarNode, scope: Scope, depth = 1): void {
  if (isNull(node)) {
    if (node.text === '' && depth === 1)
      warn(cx, node, scope, 'This condition is empty, and so always false', 'Write true, or what decides')
    return
  }
  const text = stringOf(node)
  if (text === undefined || text === '') return
  if (node.templated) {
    const outside = textOutside(text)
    if (outside === undefined || !comparison.test(outside)) return
    const hint = `Put the whole comparison between << and >>, texts in double quotes: << pipeline.git.branch == "main" >>`
    warn(cx, node, scope, 'Only what stands between << and >> is evaluated: this is a text, and so always true', hint)
    return
  }
  // In version 2, templates are texts as well.
  const cure = cx.version === 2 ? "Write 'version: 2.1' at the top" : (cureOf(text) ?? fixedHint(text))
  warn(cx, node, scope, `'${text.slice(0, 100)}' is a text, and so always true`, cure)
}

/** What of a text stands outside of its tags; undefined when sections decide what is left of it. */
function textOutside(text: string): string | undefined {
  const template = parseTemplate(text)
  if (!template.ok || template.parts.some(({ kind }) => kind === 'open' || kind === 'close')) return undefined
  return template.parts.map((part) => (part.kind === 'text' ? part.text : ' ')).join('')
}

function fixedHint(text: string): string {
  if (/^(?:true|false)$/i.test(text)) return `Write ${text.toLowerCase()} without quotes`
  return 'Write a statement, such as equal: [main, << pipeline.git.branch >>]'
}

function cureOf(text: string): string | undefined {
  if (variable.test(text)) return "Variables of the environment exist when a job runs, not here; see '<< pipeline.… >>'"
  if (!reference.test(text)) return undefined
  const name = comparison.test(text) ? undefined : /(?:pipeline|parameters|matrix)\.[\w.-]+/.exec(text)?.[0]
  return `Write << ${name ?? text.slice(0, 100)} >>`
}

/**
 * Warns of an `equal` that compares nothing that can change, and of values that read alike but are of different types.
 * @param values the items, evaluated
 */
export function warnOfFixedValues(
  cx: ResolveContext,
  items: readonly Node[],
  values: readonly Node[],
  scope: Scope,
): void {
  const [first] = values
  if (items.length === 1) {
    warn(
      cx,
      items[0]!,
      scope,
      "'equal' has one value here, and so is always true",
      'Add what it is to be compared with',
    )
    return
  }
  const forgotten = items.find((item) => !item.templated && cureOf(stringOf(item) ?? '') !== undefined)
  if (forgotten !== undefined) {
    const text = stringOf(forgotten)!
    warn(cx, forgotten, scope, `'${text.slice(0, 100)}' is compared as a text, not as what it names`, cureOf(text)!)
    return
  }
  const index = values.findIndex((value) => readsAlike(value, first!))
  if (index === -1) return
  const [place, value] = items[index]!.templated ? [items[0]!, first!] : [items[index]!, values[index]!]
  if (place.templated || value.kind !== 'scalar') return
  const other = value === first ? values[index]! : first!
  const message = `${value.text} is a ${kindOf(value)} here and is compared with a ${kindOf(other)}: they are never equal`
  const isText = typeof value.value === 'string'
  warn(cx, place, scope, message, isText ? `Write ${value.text} without quotes` : `Write it in quotes: "${value.text}"`)
}

function kindOf(node: Node): string {
  if (stringOf(node) !== undefined) return 'text'
  return node.kind === 'scalar' && typeof node.value === 'boolean' ? 'truth value' : 'number'
}

function readsAlike(value: Node, other: Node): boolean {
  if (value.kind !== 'scalar' || other.kind !== 'scalar' || sameValue(value, other)) return false
  const [one, two] = [displayText(value), displayText(other)]
  // Whatever a boolean parameter is: it never is the text `true`.
  const isTruth =
    /^(?:true|false)$/.test(one) && /^(?:true|false)$/.test(two) && typeof value.value !== typeof other.value
  return isTruth || (one === two && one !== '')
}

/** Warns of a `matches` whose value is the name of a value. */
export function warnOfFixedMatch(cx: ResolveContext, node: Node, scope: Scope): void {
  const text = stringOf(node)
  const cure = text === undefined || node.templated ? undefined : cureOf(text)
  if (cure !== undefined) warn(cx, node, scope, `'${text}' is compared as a text, not as what it names`, cure)
}

function warn(cx: ResolveContext, node: Node, { chain }: Scope, message: string, hint: string): void {
  cx.report.warn('logic', node.span, message, { chain, hint })
}
