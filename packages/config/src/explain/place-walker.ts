import type { Origin, OriginFrame, Span } from '@rondo/model'
import type { MapEntry, Node } from '../tree/node.ts'
import { displayText } from '../tree/node.ts'

/** The place of one node of a plan; `path` leads to it from the plan, by keys and indexes. */
export interface PlanPlace {
  readonly path: readonly (string | number)[]
  readonly origin: Origin
}

/** Where a value of the plan is written: a node of the tree, or only a span for what no node stands for. */
export interface Site {
  readonly node?: Node | undefined
  readonly span: Span
  readonly chain: readonly OriginFrame[]
}

/** Finds the site of a part; undefined leaves it to the rule of names. */
export type PartSite = (key: string | number) => Site | undefined

/** Collects places. What is not written, such as a default, stands where the thing it belongs to stands. */
export class PlaceWalker {
  readonly places: PlanPlace[] = []

  /** One node alone. */
  add(path: PlanPlace['path'], { span, chain }: Site): void {
    this.places.push({ path, origin: { span, chain } })
  }

  /** A value and everything in it; keys of the plan in camel case are those of the config in snake case. */
  walk(path: PlanPlace['path'], value: unknown, site: Site, part: PartSite = () => undefined): void {
    this.add(path, site)
    if (Array.isArray(value)) {
      for (const [index, item] of value.entries())
        this.walk([...path, index], item, part(index) ?? itemSite(site, value, index))
      return
    }
    if (typeof value !== 'object' || value === null) return
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'origin') continue
      if (key === 'environment')
        this.environment([...path, key], inner as readonly unknown[], part(key) ?? childSite(site, key))
      else this.walk([...path, key], inner, part(key) ?? childSite(site, key))
    }
  }

  /** @param inherited how many entries, from the first, came in another way, and which */
  environment(
    path: PlanPlace['path'],
    entries: readonly unknown[],
    site: Site,
    inherited: { readonly count: number; readonly chain: Site['chain'] } = { count: 0, chain: [] },
  ): void {
    this.add(path, site)
    const written = site.node === undefined ? [] : variables(site.node)
    for (const index of entries.keys()) {
      const found = written[index]
      const chain = index < inherited.count ? inherited.chain : site.chain
      const name = { span: found?.keySpan ?? site.span, chain }
      this.add([...path, index], name)
      this.add([...path, index, 'name'], name)
      this.add([...path, index, 'value'], {
        span: found === undefined || isEmpty(found.value) ? name.span : found.value.span,
        chain,
      })
    }
  }
}

/** A null that nobody wrote has no place of its own. */
export function isEmpty({ span }: Node): boolean {
  return span.end <= span.start
}

/** A child by its name in the plan, else the place of what holds it. */
export function childSite(site: Site, key: string): Site {
  const { node, chain } = site
  if (node?.kind !== 'map') return site
  const value = node.entries.get(key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))?.value
  return value === undefined || isEmpty(value) ? { span: site.span, chain } : { node: value, span: value.span, chain }
}

/** An item of a list; lists of the plan leave out what is named twice, so a text is looked up. */
function itemSite(site: Site, values: readonly unknown[], index: number): Site {
  const { node, chain } = site
  if (node?.kind !== 'list') return site
  const sameLength = node.items.length === values.length
  const item = sameLength ? node.items[index] : node.items.find((each) => isText(each, values[index]))
  return item === undefined ? site : { node: item, span: item.span, chain }
}

function isText(node: Node, value: unknown): boolean {
  return node.kind === 'scalar' && displayText(node) === value
}

/** The entries of an `environment` in any of its forms, in order. */
export function variables(node: Node): readonly Pick<MapEntry, 'keySpan' | 'value'>[] {
  if (node.kind === 'map') return [...node.entries.values()]
  if (node.kind === 'list') return node.items.flatMap(variables)
  return node.value === null ? [] : [{ keySpan: node.span, value: node }]
}
