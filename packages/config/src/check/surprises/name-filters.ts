import type { Span, WorkflowNode, WorkflowPlan } from '@rondo/model'
import { patternOf } from '../../plan/name-pattern.ts'
import type { Report } from '../../report.ts'
import { child } from '../../tree/node.ts'
import type { LinkedWorkflow } from '../link.ts'

const kinds = { branches: 'branch', tags: 'tag' } as const
const lists = ['only', 'ignore'] as const
/** Characters that no branch and no tag has in its name. */
const impossible = /[\s~^:?*[\\]|\.\./
const metacharacter = /[.*+?^$|()[\]{}\\]/

/** Names and patterns of filters that match nothing, or hardly what was meant: a whole name is compared (semantics 19.1). */
export function checkNameFilters(report: Report, workflow: WorkflowPlan, linked: LinkedWorkflow): void {
  // The rows of a matrix share their filters.
  const seen = new Set<unknown>()
  for (const [index, node] of workflow.jobs.entries()) {
    const written = linked.nodes[index]?.invocation.filters
    if (node.filters === undefined || seen.has(written)) continue
    seen.add(written)
    for (const kind of ['branches', 'tags'] as const)
      for (const list of lists) {
        for (const text of node.filters[kind]?.[list] ?? []) {
          const surprise = surpriseOf(text, kinds[kind])
          if (surprise === undefined) continue
          const { chain } = node.origin
          report.warn('filter', filterPlace(linked, index, node, [kind, list, text]), surprise.message, {
            chain,
            hint: surprise.hint,
          })
        }
      }
  }
}

interface Surprise {
  readonly message: string
  readonly hint: string
}

function surpriseOf(text: string, kind: string): Surprise | undefined {
  const pattern = patternOf(text)
  return pattern === undefined ? surpriseOfName(text, kind) : surpriseOfPattern(pattern, kind)
}

function surpriseOfName(text: string, kind: string): Surprise | undefined {
  const bare = text.replace(/^refs\/(?:heads|tags)\//, '')
  if (bare !== text)
    return { message: `A ${kind} is named without '${text.slice(0, -bare.length)}' here`, hint: `Write '${bare}'` }
  const message = `No ${kind} can be called '${text}'; a pattern stands between two slashes`
  if (/^\/./.test(text)) return { message, hint: `Write ${text}/` }
  if (/[,\s]/.test(text) && !text.includes('*')) {
    const parts = text.split(/[,\s]+/).filter((part) => part !== '')
    if (parts.length < 2) return undefined
    return { message: `'${text}' is one name here`, hint: `Write a list: [${parts.join(', ')}]` }
  }
  if (/^[\w/.-]+(?:\|[\w/.-]+)+$/.test(text))
    return { message: `'${text}' is one name here`, hint: `Write /${escaped(text)}/` }
  if (!impossible.test(text) && !/.\/$/.test(text)) return undefined
  const isRegex = /\.[*+]|[\\^]|\$$/.test(text)
  return { message, hint: `Write /${isRegex ? text.replace(/\/$/, '') : fromGlob(text)}/` }
}

function fromGlob(text: string): string {
  return escaped(text).replaceAll(/\*+/g, '.*').replaceAll('?', '.').replace(/\/$/, '/.*')
}

function escaped(text: string): string {
  return text.replaceAll('.', '\\.').replaceAll('/', '\\/')
}

/** A text with nothing to repeat but its last character, or one that is only the beginning of a name. */
function surpriseOfPattern(pattern: string, kind: string): Surprise | undefined {
  const inner = pattern.replace(/^\^/, '').replace(/\$$/, '')
  const literal = inner.replaceAll(/\\([/._-])/g, '$1')
  const repeated = /^([^*]*([\w/-]))\*$/.exec(literal)
  if (repeated !== null && !metacharacter.test(repeated[1]!.replaceAll('.', ''))) {
    const message = `'*' repeats the '${repeated[2]}' before it and matches nothing else: a ${kind} called '${repeated[1]}x' is left out`
    return { message, hint: `Write /${inner.slice(0, -1)}.*/` }
  }
  if (/[-/_]$/.test(literal) && !metacharacter.test(literal.replaceAll('.', ''))) {
    const message = `A pattern matches whole names: a ${kind} called '${literal}x' is left out`
    return { message, hint: `Write /${inner}.*/` }
  }
  return undefined
}

/** Where a name of a filter is written. */
function filterPlace(
  { nodes }: LinkedWorkflow,
  index: number,
  { origin }: WorkflowNode,
  [kind, list, text]: readonly [kind: string, list: string, text: string],
): Span {
  const value = child(child(nodes[index]?.invocation.filters, kind), list)
  const items = value?.kind === 'list' ? value.items : value === undefined ? [] : [value]
  return items.find((item) => item.kind === 'scalar' && item.text === text)?.span ?? value?.span ?? origin.span
}
