import type { ConfigDiagnostic } from '../diagnostic-code.ts'
import { defaultLimits } from '../limits.ts'
import { emitYaml } from '../output/emit-yaml.ts'
import { createReport, type Report } from '../report.ts'
import type { MapEntry, MapNode, Node } from '../tree/node.ts'
import { listNode, mapNode } from '../tree/node.ts'
import { compareKeys } from './compare-keys.ts'
import { includeFiles } from './include.ts'
import { packFolder } from './pack-folder.ts'

export interface PackOptions {
  /**
   * Text of a file that `<<include(path)>>` names in a command, job, executor or example, by its path below the folder;
   * undefined when there is none. Without it includes stay as they are, as in a config.
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
 * `@x.yml`, and every file that stands at the top, becomes part of the map its folder is; folders below `commands`, `jobs`,
 * `executors` and `examples` only put files in order. What one file anchors, the others may name. Keys come out in order; of
 * two values for one key the later file's wins.
 * @param files text by path below the folder, `/` between names; others than visible YAML files are ignored
 */
export function pack(files: ReadonlyMap<string, string>, options: PackOptions = {}): PackResult {
  const report = createReport(defaultLimits.diagnostics)
  const tree = packFolder(files, report)
  const finished = options.include === undefined ? tree : includeInElements(tree, options.include, report)
  const text = report.hasErrors() ? undefined : emitYaml(sorted(finished))
  return { text, diagnostics: report.diagnostics }
}

/** Where includes are resolved; elsewhere, in a description say, they are shown. */
const included = new Set(['commands', 'jobs', 'executors', 'examples'])

function includeInElements(node: MapNode, include: NonNullable<PackOptions['include']>, report: Report): MapNode {
  return mapNode(
    [...node.entries.values()].map((entry) => ({
      ...entry,
      value: !included.has(entry.key)
        ? entry.value
        : mapScalars(entry.value, (scalar) => includeFiles(scalar, include, report)),
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
