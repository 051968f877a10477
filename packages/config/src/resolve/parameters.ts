import type { Span } from '@rondo/model'
import { didYouMean, slipFor } from '../did-you-mean.ts'
import { reportType } from '../plan/expected-type.ts'
import type { MapEntry, MapNode, Node } from '../tree/node.ts'
import { child, isInteger, isNull, stringOf, typeName } from '../tree/node.ts'
import { plainValue, sameValue } from '../tree/same-value.ts'
import type { Declarations, ParameterDeclaration, ParameterType, ResolveContext } from './context.ts'

const types: readonly ParameterType[] = ['string', 'boolean', 'integer', 'enum', 'executor', 'steps', 'env_var_name']
const pipelineTypes: readonly ParameterType[] = ['string', 'boolean', 'integer', 'enum']
const declarationKeys = ['type', 'default', 'description', 'enum']
const parameterName = /^[A-Za-z_][A-Za-z0-9_-]*$/
/** What `<< >>` can hold between `pipeline.parameters.` and its end (semantics 6.3). */
const pipelineParameterName = /^(?!.*(?:<<|>>))\S(?:.*\S)?$/
const environmentName = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Reads a `parameters:` map (semantics 4.1). Wrong declarations are reported once and kept as `undefined`. */
export function readDeclarations(
  cx: ResolveContext,
  node: Node | undefined,
  where: string,
  refusalOfName: NameRule = checkElementParameterName,
): Declarations {
  if (node === undefined || isNull(node)) return new Map()
  const known = cx.declarations.get(node)
  if (known !== undefined) return known
  const declarations = new Map<string, ParameterDeclaration | undefined>()
  cx.declarations.set(node, declarations)
  if (node.kind !== 'map') {
    cx.report.error('expected-type', node.span, `'parameters' of ${where} must be a map, found ${typeName(node)}`, {
      hint:
        node.kind === 'list' ? 'Take the dashes off: each parameter is a key' : "Write 'NAME: {type: string}' below it",
    })
    return declarations
  }
  for (const entry of node.entries.values())
    declarations.set(entry.key, readDeclaration(cx, entry, where, refusalOfName))
  return declarations
}

/** Why a parameter may not have a name; undefined when it may. */
type NameRule = (name: string) => string | undefined

function checkElementParameterName(name: string): string | undefined {
  return parameterName.test(name)
    ? undefined
    : "names begin with a letter or '_', and hold letters, digits, '_' and '-' only"
}

/** Other names than those of elements run; they cannot be operands of an expression, but stand alone in `<< >>`. */
export function checkPipelineParameterName(name: string): string | undefined {
  return pipelineParameterName.test(name) ? undefined : "a name is a text without '<<', '>>' or blanks around it"
}

function readDeclaration(
  cx: ResolveContext,
  entry: MapEntry,
  where: string,
  refusalOfName: NameRule,
): ParameterDeclaration | undefined {
  const { key: name, value: node, keySpan } = entry
  const title = `Parameter '${name}' of ${where}`
  if (node.kind !== 'map') {
    cx.report.error('parameter-declaration', keySpan, `${title} must be a map with a 'type'`, {
      hint: `Write '${name}: {type: string}'`,
    })
    return undefined
  }
  const refusal = refusalOfName(name)
  if (refusal !== undefined) cx.report.error('parameter-declaration', keySpan, `${title}: ${refusal}`)
  for (const { key, keySpan: place } of node.entries.values()) {
    if (declarationKeys.includes(key)) continue
    cx.report.error('parameter-declaration', place, `${title}: extraneous key [${key}] is not permitted`, {
      hint: declarationKeyHint(key),
    })
  }
  const description = child(node, 'description')
  if (description !== undefined && !isNull(description) && stringOf(description) === undefined)
    reportType({ report: cx.report, what: '', chain: [] }, `${title}: 'description'`, description, 'String')
  const typeNode = child(node, 'type')
  const type = stringOf(typeNode) as ParameterType | undefined
  if (slipFor('type', node.entries.keys(), declarationKeys) !== undefined) return undefined
  const allowed = where === 'the pipeline' ? pipelineTypes : types
  if (type === undefined || !allowed.includes(type)) {
    const shown =
      typeNode === undefined ? 'has no type' : `has the unknown type '${stringOf(typeNode) ?? typeName(typeNode)}'`
    cx.report.error(
      'parameter-declaration',
      typeNode?.span ?? keySpan,
      `${title} ${shown}; types are ${allowed.join(', ')}`,
      { hint: typeHint(stringOf(typeNode), allowed) },
    )
    return undefined
  }
  return finishDeclaration(
    cx,
    { name, type, default: givenDefault(cx, node, title), values: [], span: keySpan },
    enumValues(node),
    title,
  )
}

/** What people write for a type or a key of a declaration. */
const otherTypes: Readonly<Record<string, ParameterType>> = {
  bool: 'boolean',
  int: 'integer',
  number: 'integer',
  float: 'string',
  str: 'string',
  text: 'string',
  choice: 'enum',
  env_var: 'env_var_name',
}
const otherKeys: Readonly<Record<string, string>> = {
  values: 'enum',
  options: 'enum',
  choices: 'enum',
  allowed: 'enum',
}

/** The values of an enum, also under a key that is refused for it. */
function enumValues(node: MapNode): Node | undefined {
  return child(node, 'enum') ?? Object.keys(otherKeys).flatMap((key) => child(node, key) ?? [])[0]
}

function typeHint(type: string | undefined, allowed: readonly ParameterType[]): string | undefined {
  if (type === undefined) return "Add a type, such as 'type: string'"
  const word = type.toLowerCase()
  if (Object.hasOwn(otherTypes, word)) return `Did you mean '${otherTypes[word]}'?`
  if (types.includes(type as ParameterType)) return "Take a name as 'string', and put it in where it is used"
  return didYouMean(type, allowed)
}

function declarationKeyHint(key: string): string | undefined {
  if (Object.hasOwn(otherKeys, key)) return `Did you mean '${otherKeys[key]}'?`
  if (key === 'required') return "Leave it out: a parameter without 'default' is required"
  return didYouMean(key, declarationKeys) ?? `Permitted keys: ${declarationKeys.join(', ')}`
}

/** `default:` with nothing behind it is none; configs that leave it so run, because every call gives the argument. */
function givenDefault(cx: ResolveContext, node: Node, title: string): Node | undefined {
  const fallback = child(node, 'default')
  if (!isNull(fallback)) return fallback
  const hint = "Write a value, such as '' for an empty text, or leave out 'default'"
  cx.report.warn('parameter-default', fallback!.span, `${title} has an empty default, which is none`, { hint })
  return undefined
}

function finishDeclaration(
  cx: ResolveContext,
  base: ParameterDeclaration,
  enumNode: Node | undefined,
  title: string,
): ParameterDeclaration | undefined {
  if (base.type === 'enum' && (enumNode?.kind !== 'list' || enumNode.items.length === 0)) {
    cx.report.error(
      'parameter-declaration',
      enumNode?.span ?? base.span,
      `${title} needs 'enum', the list of its values`,
      { hint: "Write 'enum: [first, second]' beside 'type'" },
    )
    return undefined
  }
  const declaration = { ...base, values: enumNode?.kind === 'list' ? enumNode.items : [] }
  const fallback = declaration.default
  if (fallback === undefined || fallback.templated || hasType(declaration, fallback)) return declaration
  cx.report.error(
    'parameter-default',
    fallback.span,
    `Parameter error: default value of parameter '${base.name}' is '${shownValue(fallback)}' (type ${valueType(fallback)}): expected type ${expected(declaration)}`,
    { hint: valueHint(declaration, fallback) },
  )
  // Calls without the argument have nothing to be told: this is the mistake.
  return undefined
}

/** Whether a value may be given to a parameter. Nothing is coerced (semantics 4.1). */
export function hasType(declaration: ParameterDeclaration, value: Node): boolean {
  switch (declaration.type) {
    case 'steps':
      return value.kind === 'list'
    case 'executor':
      return stringOf(value) !== undefined || (value.kind === 'map' && stringOf(child(value, 'name')) !== undefined)
    case 'enum':
      return declaration.values.some((allowed) => sameValue(allowed, value))
    case 'boolean':
      return value.kind === 'scalar' && typeof value.value === 'boolean'
    case 'integer':
      return isInteger(value)
    case 'env_var_name':
      return environmentName.test(stringOf(value) ?? '')
    case 'string':
      return stringOf(value) !== undefined
  }
}

export function reportArgumentType(
  cx: ResolveContext,
  declaration: ParameterDeclaration,
  value: Node,
  span: Span,
  chain: Parameters<ResolveContext['report']['error']>[3],
): void {
  cx.report.error(
    'argument-type',
    span,
    `Type error for argument ${declaration.name}: expected type: ${expected(declaration)}, actual value: ${shownValue(value)} (type ${valueType(value)})`,
    { ...chain, hint: valueHint(declaration, value) },
  )
}

/** What to do about a value of the wrong type. */
function valueHint(declaration: ParameterDeclaration, value: Node): string | undefined {
  const text = stringOf(value)
  if (declaration.type === 'string' && value.kind === 'scalar' && value.value !== null)
    return `Write it in quotes: "${value.text}"`
  if (declaration.type === 'boolean' && text !== undefined)
    return /^(?:true|false)$/i.test(text) ? `Write ${text.toLowerCase()} without quotes` : 'Write true or false'
  if (declaration.type === 'integer' && text !== undefined && /^-?\d+$/.test(text))
    return `Write ${text} without quotes`
  if (declaration.type === 'integer' && value.kind === 'scalar') return 'Write a whole number'
  if (declaration.type === 'steps') return `Write a list of steps, such as [${text?.slice(0, 100) ?? 'checkout'}]`
  if (declaration.type === 'executor') return 'Write the name of an executor'
  if (declaration.type === 'env_var_name') return "Write the name of a variable alone, without '$'"
  return enumHint(declaration, value)
}

function enumHint(declaration: ParameterDeclaration, value: Node): string | undefined {
  const written = declaration.type === 'enum' && value.kind === 'scalar' ? value.text : undefined
  const alike = declaration.values.find((allowed) => allowed.kind === 'scalar' && allowed.text === written)
  // `1.10` and `"1.10"`: the same to read, but a number and a text.
  if (written !== undefined && alike !== undefined)
    return stringOf(alike) === undefined ? `Write ${written} without quotes` : `Write it in quotes: "${written}"`
  const text = stringOf(value)
  if (declaration.type !== 'enum' || text === undefined) return undefined
  return didYouMean(
    text,
    declaration.values.map((allowed) => stringOf(allowed) ?? ''),
  )
}

function expected(declaration: ParameterDeclaration): string {
  if (declaration.type !== 'enum') return declaration.type
  return `enum (one of ${declaration.values.map(shownValue).join(', ')})`
}

function shownValue(node: Node): string {
  const text = node.kind === 'map' ? 'a map' : (JSON.stringify(plainValue(node)) ?? 'null')
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

function valueType(node: Node): string {
  if (node.kind === 'map') return 'map'
  if (node.kind === 'list') return 'list'
  if (node.value === null) return 'null'
  if (typeof node.value === 'number') return isInteger(node) ? 'integer' : 'number'
  return typeof node.value
}
