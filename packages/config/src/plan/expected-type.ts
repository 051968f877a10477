import type { Node } from '../tree/node.ts'
import { isFailed, typeName } from '../tree/node.ts'
import type { Place } from './place.ts'

export type ExpectedType = 'String' | 'Boolean' | 'Integer' | 'Sequence' | 'Mapping'

/**
 * Refuses a value of another type than the language takes at its place (semantics 28.5), with the way to write it. What
 * could not be evaluated has been reported before.
 * @param what the value, as the subject of the message
 */
export function reportType(place: Place, what: string, value: Node, type: ExpectedType): undefined {
  if (isFailed(value)) return undefined
  const message = `${what}: expected type: ${type}, found: ${typeName(value)}`
  place.report.error('expected-type', value.span, message, { chain: place.chain, hint: cureOf(value, type) })
  return undefined
}

/** How to write a value so that it has a type; undefined where that cannot be told. */
function cureOf(value: Node, type: ExpectedType): string | undefined {
  if (value.kind === 'list' && type === 'String')
    return value.items.length === 1
      ? 'Write it alone, without brackets or a dash'
      : "Write one text; one of several lines begins with '|'"
  if (value.kind !== 'scalar' || value.value === null) return undefined
  const isText = typeof value.value === 'string'
  if (type === 'String') return comesOfTemplate(value) ? 'Give the parameter the type string' : quoted(value.text)
  if (type === 'Sequence')
    return isText && !value.text.includes('\n') ? `Write a list: [${JSON.stringify(value.text)}]` : undefined
  if (type === 'Boolean' && /^(?:true|false)$/.test(value.text)) return `Write it without quotes: ${value.text}`
  if (type !== 'Integer' || !Number.isInteger(Number(value.text)) || value.text.trim() === '') return undefined
  return /^\d+$/.test(value.text) ? `Write it without quotes: ${value.text}` : `Write ${Number(value.text)}`
}

function quoted(text: string): string {
  return `Write it in quotes: "${text}"`
}

/** A number or boolean in the source is as long as its text; one that stands for a template has the template's place. */
function comesOfTemplate({ span, text }: { readonly span: Node['span']; readonly text: string }): boolean {
  return span.end - span.start !== text.length
}
