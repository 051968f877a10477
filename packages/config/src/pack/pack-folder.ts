import { defaultLimits } from '../limits.ts'
import { createReport, type Report } from '../report.ts'
import type { SharedAnchors } from '../tree/fast/fast-builder.ts'
import type { MapNode, Node } from '../tree/node.ts'
import { mapNode } from '../tree/node.ts'
import { parseTree } from '../tree/parse.ts'

interface SourceFile {
  readonly name: string
  readonly path: string
  readonly text: string
}

interface Folder {
  readonly folders: Map<string, Folder>
  readonly files: SourceFile[]
}

/** What all files of a folder make together, keys and includes still as they come. */
export function packFolder(files: ReadonlyMap<string, string>, report: Report): MapNode {
  const top: Folder = { folders: new Map(), files: [] }
  for (const path of [...files.keys()].sort()) if (isPacked(path)) place(top, path, files.get(path) ?? '')
  return packMap(top, '', { report, anchors: collectAnchors(files), atTop: true })
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

/** Anchors of all files: of two of one name the later file's. A file may name them before the file that defines them. */
function collectAnchors(files: ReadonlyMap<string, string>): SharedAnchors {
  const anchors: SharedAnchors = new Map()
  for (const path of [...files.keys()].sort())
    if (isPacked(path) && /&\S/.test(files.get(path) ?? ''))
      parseTree(files.get(path) ?? '', path, defaultLimits, createReport(1), { shared: anchors })
  return anchors
}

interface Packing {
  readonly report: Report
  readonly anchors: SharedAnchors
  readonly atTop: boolean
}

function packMap(folder: Folder, name: string, packing: Packing): MapNode {
  const inner = { ...packing, atTop: false }
  let packed = emptyMap
  for (const { name: key, path, text } of folder.files) {
    if (isBlank(text)) continue
    const tree = parseTree(text, path, defaultLimits, packing.report, {
      shared: new Map(packing.anchors),
    })
    if (tree === undefined) continue
    packed = merge(packed, packing.atTop || key.startsWith('@') ? tree : underKey(key, tree))
  }
  for (const [key, below] of folder.folders) {
    if (!sections.has(name) || isElement(below)) packed = merge(packed, underKey(key, packMap(below, key, inner)))
    else packed = mergeElements(packed, packMap(below, name, inner), packing.report)
  }
  return packed
}

/** Folders whose entries are elements, each of one file: what is below them by folders is only put in order. */
const sections = new Set(['commands', 'jobs', 'executors', 'examples'])
/** Keys of elements: a folder that holds a file of such a name is itself one, written in pieces. */
const elementKeys = new Set([
  ...['steps', 'parameters', 'description', 'docker', 'machine', 'macos', 'executor', 'environment', 'shell'],
  ...['working_directory', 'resource_class', 'parallelism', 'type', 'usage', 'result'],
])

function isElement(folder: Folder): boolean {
  const names = [...folder.files.map(({ name }) => name), ...folder.folders.keys()]
  return names.some((name) => name.startsWith('@') || elementKeys.has(name))
}

/** Elements of a folder that only puts in order join the others; two of one name would hide each other. */
function mergeElements(packed: MapNode, elements: MapNode, report: Report): MapNode {
  for (const { key, value } of elements.entries.values()) {
    const other = packed.entries.get(key)?.value
    if (other === undefined) continue
    report.error('duplicate-name', value.span, `${other.span.file} and ${value.span.file} both define '${key}'`, {
      hint: 'Rename one of the files: folders below commands, jobs, executors and examples are no part of the name',
    })
  }
  return merge(packed, elements)
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
