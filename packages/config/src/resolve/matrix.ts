import { didYouMean } from '../did-you-mean.ts'
import { reportType } from '../plan/expected-type.ts'
import { substitute } from '../template/substitute.ts'
import type { MapNode, Node } from '../tree/node.ts'
import { child, displayText, stringOf, typeName } from '../tree/node.ts'
import { sameValue } from '../tree/same-value.ts'
import type { ResolveContext, Scope } from './context.ts'

/** One row of a matrix: a value for each of its parameters, in source order. */
export type MatrixRow = ReadonlyMap<string, Node>

export interface Matrix {
  readonly rows: readonly MatrixRow[]
  readonly alias: string | undefined
  /** True when its exclusions leave no row. */
  readonly emptied: boolean
}

const nothing: Matrix = { rows: [], alias: undefined, emptied: false }

const matrixKeys = ['parameters', 'exclude', 'alias']

/** Expands a `matrix` (semantics 17): the product of all lists, the last parameter varying fastest, less `exclude`. */
export function expandMatrix(cx: ResolveContext, node: Node, scope: Scope): Matrix {
  const parameters = child(node, 'parameters')
  if (node.kind !== 'map' || parameters?.kind !== 'map' || parameters.entries.size === 0) {
    cx.report.error('matrix', node.span, "'matrix' needs 'parameters', a map of parameter names to lists of values", {
      chain: scope.chain,
      hint: "Write 'parameters:' below it, and each name with its values below that: 'os: [linux, macos]'",
    })
    return nothing
  }
  for (const { key, keySpan } of node.entries.values()) {
    if (matrixKeys.includes(key)) continue
    cx.report.error('matrix', keySpan, `extraneous key [${key}] is not permitted in 'matrix'`, {
      hint: key === 'include' ? 'Write an entry of its own for each further job' : didYouMean(key, matrixKeys),
      chain: scope.chain,
    })
  }
  const axes = [...parameters.entries.values()].map(({ key, value }) => ({
    name: key,
    values: axisValues(cx, key, value, scope),
  }))
  const size = axes.reduce((product, axis) => product * axis.values.length, 1)
  if (size > cx.limits.matrixRows) {
    cx.report.error('limit', node.span, `This matrix makes ${size} jobs; at most ${cx.limits.matrixRows} are allowed`, {
      chain: scope.chain,
    })
    return nothing
  }
  const all = product(axes)
  const excluded = exclusions(cx, child(node, 'exclude'), scope)
  const rows = all.filter((row) => !excluded.some((exclusion) => equals(row, exclusion.row)))
  for (const exclusion of excluded) warnOfIdle(cx, exclusion, axes, scope)
  const emptied = all.length > 0 && rows.length === 0
  if (emptied) {
    const hint = 'What requires it goes on without it'
    cx.report.warn('matrix', node.span, "'exclude' leaves no job of this matrix", { chain: scope.chain, hint })
  }
  return { rows, alias: readAlias(cx, child(node, 'alias'), scope), emptied }
}

function readAlias(cx: ResolveContext, node: Node | undefined, scope: Scope): string | undefined {
  if (node === undefined) return undefined
  const value = substitute(cx, node, scope)
  const alias = stringOf(value)
  const place = { report: cx.report, what: '', chain: scope.chain }
  return alias ?? reportType(place, "'alias' of 'matrix'", value, 'String')
}

function axisValues(cx: ResolveContext, name: string, node: Node, scope: Scope): readonly Node[] {
  const value = substitute(cx, node, scope)
  if (value.kind === 'list' && value.items.length > 0) return value.items
  const found = value.kind === 'list' ? 'an empty list' : typeName(value)
  cx.report.error('matrix', node.span, `Matrix parameter '${name}' needs a list of values, found ${found}`, {
    chain: scope.chain,
    hint:
      value.kind === 'scalar' && value.text !== ''
        ? `Write [${value.text.slice(0, 100)}]`
        : 'Write its values, such as [linux, macos]',
  })
  return []
}

interface Axis {
  readonly name: string
  readonly values: readonly Node[]
}

function product(axes: readonly Axis[]): readonly MatrixRow[] {
  let rows: ReadonlyMap<string, Node>[] = [new Map()]
  for (const { name, values } of axes)
    rows = rows.flatMap((row) => values.map((value) => new Map(row).set(name, value)))
  return rows
}

interface Exclusion {
  readonly row: MatrixRow
  readonly node: MapNode
}

function exclusions(cx: ResolveContext, node: Node | undefined, scope: Scope): readonly Exclusion[] {
  if (node === undefined) return []
  const value = substitute(cx, node, scope)
  if (value.kind !== 'list') {
    reportType({ report: cx.report, what: '', chain: scope.chain }, "'exclude' of 'matrix'", value, 'Sequence')
    return []
  }
  return value.items.flatMap((item) => {
    if (item.kind === 'map')
      return [{ row: new Map([...item.entries.values()].map((entry) => [entry.key, entry.value])), node: item }]
    cx.report.error('matrix', item.span, `An item of 'exclude' is a map of parameter values, found ${typeName(item)}`, {
      chain: scope.chain,
    })
    return []
  })
}

/** An exclusion that can match nothing: it leaves a parameter out, or names one that the matrix has not. */
function warnOfIdle(cx: ResolveContext, { row, node }: Exclusion, axes: readonly Axis[], scope: Scope): void {
  const names = axes.map(({ name }) => name)
  const unknown = [...row.keys()].find((name) => !names.includes(name))
  const left = names.filter((name) => !row.has(name))
  if (unknown === undefined && left.length === 0) {
    for (const axis of axes) warnOfAbsent(cx, axis, row.get(axis.name)!, scope)
    return
  }
  const [message, hint] =
    unknown === undefined
      ? [`does not name ${left.join(', ')}`, 'Name every parameter of the matrix, with one value each']
      : [`names '${unknown}', which is no parameter of the matrix`, didYouMean(unknown, names)]
  const span = unknown === undefined ? node.span : node.entries.get(unknown)!.keySpan
  cx.report.warn('matrix', span, `This exclusion ${message}: it excludes nothing`, { chain: scope.chain, hint })
}

/** An exclusion of a value that its parameter does not take here. */
function warnOfAbsent(cx: ResolveContext, { name, values }: Axis, value: Node, scope: Scope): void {
  if (values.length === 0 || values.some((other) => sameValue(other, value))) return
  const shown = value.kind === 'scalar' ? `'${value.text}'` : `a ${value.kind}`
  const message = `${shown} is no value of '${name}' in this matrix: this excludes nothing`
  cx.report.warn('matrix', value.span, message, { chain: scope.chain, hint: () => absentHint(values, value) })
}

function absentHint(values: readonly Node[], value: Node): string | undefined {
  if (value.kind !== 'scalar') return 'An exclusion has one value for each parameter; write one exclusion for each'
  const texts = values.flatMap((other) => (other.kind === 'scalar' ? displayText(other) : []))
  if (texts.includes(value.text))
    return stringOf(value) === undefined ? `Write it in quotes: "${value.text}"` : `Write ${value.text} without quotes`
  return (
    didYouMean(value.text, texts) ?? `Its values are ${texts.slice(0, 10).join(', ')}${texts.length > 10 ? ', …' : ''}`
  )
}

/** An exclusion must name every parameter; a partial one matches nothing. */
function equals(row: MatrixRow, exclusion: MatrixRow): boolean {
  if (row.size !== exclusion.size) return false
  for (const [name, value] of row) {
    const other = exclusion.get(name)
    if (other === undefined || !sameValue(value, other)) return false
  }
  return true
}

/** The name of a row without an explicit one: values joined by `-`, in alphabetical order of the parameter names. */
export function matrixName(job: string, row: MatrixRow): string {
  const values = [...row.keys()].sort().map((name) => valueText(row.get(name)!))
  return [job, ...values].join('-')
}

function valueText(node: Node): string {
  if (node.kind === 'map') return stringOf(child(node, 'name')) ?? 'map'
  if (node.kind === 'list') return node.items.map(valueText).join('-')
  return displayText(node)
}
