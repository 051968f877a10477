import type { ConfigDiagnostic } from '../diagnostic-code.ts'
import { defaultLimits } from '../limits.ts'
import { emitYaml } from '../output/emit-yaml.ts'
import { createReport, type Report } from '../report.ts'
import type { MapEntry, MapNode, Node } from '../tree/node.ts'
import { listNode, mapNode } from '../tree/node.ts'
import { parseTree } from '../tree/parse.ts'
import { compareKeys } from './compare-keys.ts'
import { includeFile } from './include.ts'

export interface PackOptions {
  /**
   * Text of a file that `<<include(path)>>` names, by its path below the folder; undefined when there is none. Without
   * it includes stay as they are, as in a config.
   */
  readonly include?: (path: string) => string | undefined
}

export interface PackResult {
  /** Present exactly when there is no error. */
  readonly text: string | undefined
  readonly diagnostics: readonly ConfigDiagnostic[]
}

/**
 * Merges a folder of YAML files into one (semantics 29): a folder is a map, `x.yml` in it the value of its key `x`;
 * `@x.yml`, and every file that stands at the top, becomes part of the map its folder is. Keys come out in order; of two
 * values for one key the later file's wins.
 * @param files text by path below the folder, `/` between names; others than visible YAML files are ignored
 */
export function pack(files: ReadonlyMap<string, string>, options: PackOptions = {}): PackResult {
  const report = createReport(defaultLimits.diagnostics)
  const top: Folder = { folders: new Map(), files: [] }
  for (const path of [...files.keys()].sort()) if (isPacked(path)) place(top, path, files.get(path) ?? '')
  const tree = packFolder(top, true, report)
  const finished = options.include === undefined ? tree : includeEverywhere(tree, options.include, report)
  const text = report.hasErrors() ? undefined : emitYaml(sorted(finished))
  return { text, diagnostics: report.diagnostics }
}

interface Folder {
  readonly folders: Map<string, Folder>
  readonly files: { readonly name: string; readonly path: string; readonly text: string }[]
}

function isPacked(path: string): boolean {
  return /\.ya?ml$/.test(path) && !path.split('/').some((name) => name.startsWith('.'))
}

function place(top: Folder, path: string, text: string): void {
  const names = path.split('/')
  const file = names.pop() ?? ''
  let folder = top
  for (const name of names) {
    const inner = folder.folders.get(name) ?? { folders: new Map(), files: [] }
    folder.folders.set(name, inner)
    folder = inner
  }
  folder.files.push({ name: file.replace(/\.ya?ml$/, ''), path, text })
}

function packFolder(folder: Folder, atTop: boolean, report: Report): MapNode {
  let packed = emptyMap
  for (const { name, path, text } of folder.files) {
    if (isBlank(text)) continue
    const tree = parseTree(text, path, defaultLimits, report)
    if (tree === undefined) continue
    packed = merge(packed, atTop || name.startsWith('@') ? tree : underKey(name, tree))
  }
  for (const [name, inner] of folder.folders) packed = merge(packed, underKey(name, packFolder(inner, false, report)))
  return packed
}

function isBlank(text: string): boolean {
  return text.split('\n').every((line) => /^\s*(?:#|---\s*$|$)/.test(line))
}

const nowhere = { file: '', start: 0, end: 0 }
const emptyMap = mapNode([], nowhere)

function underKey(key: string, value: Node): MapNode {
  return mapNode([{ key, keySpan: value.span, value }], value.span)
}

function merge(first: MapNode, second: MapNode): MapNode {
  const entries = new Map(first.entries)
  for (const entry of second.entries.values()) {
    const known = entries.get(entry.key)?.value
    const value = known?.kind === 'map' && entry.value.kind === 'map' ? merge(known, entry.value) : entry.value
    entries.set(entry.key, { ...entry, value })
  }
  return mapNode(entries.values(), second.span)
}

function includeEverywhere(node: MapNode, include: NonNullable<PackOptions['include']>, report: Report): MapNode {
  return mapNode(
    [...node.entries.values()].map((entry) => ({
      ...entry,
      value: mapScalars(entry.value, (scalar) => includeFile(scalar, include, report)),
    })),
    node.span,
  )
}

function mapScalars(node: Node, change: (node: Extract<Node, { kind: 'scalar' }>) => Node): Node {
  if (node.kind === 'scalar') return change(node)
  if (node.kind === 'list')
    return listNode(
      node.items.map((item) => mapScalars(item, change)),
      node.span,
    )
  const entries = [...node.entries.values()].map((entry) => ({ ...entry, value: mapScalars(entry.value, change) }))
  return mapNode(entries, node.span)
}

function sorted(node: Node): Node {
  if (node.kind === 'scalar') return node
  if (node.kind === 'list') return listNode(node.items.map(sorted), node.span)
  const byKey = (a: MapEntry, b: MapEntry) => compareKeys(a.key, b.key)
  const entries = [...node.entries.values()].sort(byKey).map((entry) => ({ ...entry, value: sorted(entry.value) }))
  return mapNode(entries, node.span)
}
