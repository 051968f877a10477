import type { OriginFrame, RequiredStatus } from '@rondo/model'
import { didYouMean } from '../did-you-mean.ts'
import { reportType } from '../plan/expected-type.ts'
import type { Report } from '../report.ts'
import type { MapEntry, Node } from '../tree/node.ts'
import { isFailed, stringOf, typeName } from '../tree/node.ts'
import type { RequirementReference } from './invocation.ts'

type Chain = readonly OriginFrame[]

/** What people write for a status. */
const otherWords: Readonly<Record<string, string>> = {
  fail: 'failed',
  failure: 'failed',
  error: 'failed',
  pass: 'success',
  passed: 'success',
  succeeded: 'success',
  successful: 'success',
  skipped: 'not_run',
  always: 'terminal',
  any: 'terminal',
  all: 'terminal',
  done: 'terminal',
  finished: 'terminal',
  completed: 'terminal',
}

export const terminalStatuses: readonly RequiredStatus[] = ['success', 'failed', 'canceled', 'unauthorized', 'not_run']

/** Reads `requires`: names, or names with one status or a list of them (semantics 16). */
export function readRequires(
  report: Report,
  node: Node | undefined,
  chain: Chain = [],
): readonly RequirementReference[] {
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return []
  if (node.kind === 'list') return node.items.flatMap((item) => readRequirement(report, item, chain))
  // A bare name runs in public configs (semantics 16); nothing else does.
  if (node.kind === 'scalar') return readRequirement(report, node, chain)
  reportType({ report, what: '', chain }, "'requires'", node, 'Sequence')
  return []
}

/** The `upstream` map of compiled output: statuses by required name. */
export function readUpstream(
  report: Report,
  node: Node | undefined,
  chain: Chain = [],
): readonly RequirementReference[] {
  if (node?.kind !== 'map') return []
  return [...node.entries.values()].map((entry) => {
    const { value } = entry
    if (value.kind !== 'list' || value.items.length > 0) return readWithStatus(report, entry, chain)
    // So the compiled form writes a requirement that no status meets.
    return { name: entry.key, statuses: [], span: entry.keySpan, statusNode: value }
  })
}

function readRequirement(report: Report, node: Node, chain: Chain): readonly RequirementReference[] {
  if (isFailed(node)) return []
  const name = stringOf(node)
  if (name !== undefined) return [{ name, statuses: ['success'], span: node.span }]
  const entries = node.kind === 'map' ? [...node.entries.values()] : []
  if (entries.length === 1) return entries.map((entry) => readWithStatus(report, entry, chain))
  const found = node.kind === 'map' ? `a map of ${entries.length}` : typeName(node)
  const hint = entries.length > 1 ? 'Begin each name with a dash of its own' : undefined
  report.error('requires', node.span, `An item of 'requires' is a name or 'name: status', found ${found}`, {
    chain,
    hint,
  })
  // All of them are read, so that their mistakes are told as well.
  return entries.map((entry) => readWithStatus(report, entry, chain))
}

function readWithStatus(report: Report, entry: MapEntry, chain: Chain): RequirementReference {
  const { value } = entry
  const items = value.kind === 'list' ? value.items : [value]
  const statuses = new Set<RequiredStatus>()
  if (items.length === 0)
    report.error('requires', value.span, `'${entry.key}' in 'requires' needs at least one status`, { chain })
  for (const item of items) for (const status of readStatus(report, item, items.length > 1, chain)) statuses.add(status)
  if (items.length === terminalStatuses.length && statuses.size === items.length) {
    const list = items.map((item) => stringOf(item)).join(',')
    report.warn('requires', value.span, `Statuses: '${list}' can be simplified to just 'terminal'`, { chain })
  }
  return { name: entry.key, statuses: [...statuses], span: entry.keySpan, statusNode: value }
}

function statusHint(text: string): string | undefined {
  const word = text.toLowerCase()
  return Object.hasOwn(otherWords, word)
    ? `Did you mean '${otherWords[word]}'?`
    : didYouMean(text, [...terminalStatuses, 'terminal'])
}

function readStatus(report: Report, node: Node, inList: boolean, chain: Chain): readonly RequiredStatus[] {
  const text = stringOf(node)
  if (text === 'terminal') {
    if (inList)
      report.error('requires', node.span, "'terminal' already means every status and must stand alone", { chain })
    return terminalStatuses
  }
  const status = terminalStatuses.find((candidate) => candidate === text)
  if (status !== undefined) return [status]
  report.error(
    'requires',
    node.span,
    `Unknown status '${text ?? typeName(node)}'; statuses are ${terminalStatuses.join(', ')}, terminal`,
    {
      chain,
      hint: statusHint(text ?? ''),
    },
  )
  return []
}
