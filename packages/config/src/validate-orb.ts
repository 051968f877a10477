import { checkCommandRecursion } from './check/command-recursion.ts'
import { checkDefinitions } from './check/definitions.ts'
import { checkOrbElements } from './check/orb-elements.ts'
import { checkOrbMetadata } from './check/orb-metadata.ts'
import { checkReferences } from './check/references.ts'
import { readVersion } from './check/version.ts'
import { prepareContext } from './compile.ts'
import type { ConfigDiagnostic, ConfigDiagnosticCode } from './diagnostic-code.ts'
import type { Limits } from './limits.ts'
import { defaultLimits } from './limits.ts'
import { loadOrbSpace } from './orb/load.ts'
import type { OrbSource } from './orb/orb-source.ts'
import { inOrderOfPlace } from './order-of-place.ts'
import type { Report } from './report.ts'
import { createReport } from './report.ts'
import type { ResolveContext, Space } from './resolve/context.ts'
import type { MapNode } from './tree/node.ts'
import { child, mapNode } from './tree/node.ts'
import { parseTree } from './tree/parse.ts'

export interface ValidateOrbOptions {
  /** Name of the file in spans and messages; default `orb.yml`. */
  readonly file?: string
  readonly orbs?: OrbSource
  readonly limits?: Partial<Limits>
  /**
   * Whether another registry has published it before: what is wrong in an element is then a mistake of the configs that
   * use it, and a warning here. Default false.
   */
  readonly published?: boolean
}

/** Keys a config has and an orb may not (semantics 9.2). */
const foreignKeys = ['workflows', 'parameters', 'setup', 'job-groups']

/** What keeps an orb from being of any use to anybody, published or not. */
const hopeless: ReadonlySet<ConfigDiagnosticCode> = new Set([
  'yaml-syntax',
  'yaml-anchor',
  'yaml-merge',
  'limit',
  'root',
  'orb-not-found',
  'orb-reference',
  'orb-source',
  'internal',
])

/** Keys for which the compile of a config refuses an orb as a whole. */
const refusedKeys = ['workflows', 'parameters']

/** Checks an orb's source by itself, before it is published. Never throws; no error means it may be published. */
export function validateOrb(source: string, options: ValidateOrbOptions = {}): readonly ConfigDiagnostic[] {
  const limits = { ...defaultLimits, ...options.limits }
  const report = createReport(limits.diagnostics)
  const file = options.file ?? 'orb.yml'
  try {
    const root = parseTree(source, file, limits, report)
    if (root !== undefined && readVersion(report, root) === 2.1)
      checkOrb(root, source, { ...options, file }, limits, report)
    else if (root !== undefined && !report.hasErrors())
      report.error('version', root.span, "An orb needs 'version: 2.1'")
  } catch (error) {
    report.error('internal', { file, start: 0, end: 1 }, `The orb could not be checked: ${String(error)}`)
  }
  return inOrderOfPlace(report.diagnostics, file)
}

function checkOrb(
  root: MapNode,
  source: string,
  options: ValidateOrbOptions & { readonly file: string },
  limits: Limits,
  strict: Report,
): void {
  const report = options.published === true ? lenient(strict) : strict
  for (const key of foreignKeys) {
    const entry = root.entries.get(key)
    const told = refusedKeys.includes(key) ? strict : report
    if (entry !== undefined) told.error('unknown-key', entry.keySpan, `An orb may not have '${key}'`)
  }
  const { orbs, file } = options
  // Usage examples are configs of their own; their templates are none of the orb's.
  const own = mapNode(
    [...root.entries.values()].filter(({ key }) => key !== 'examples' && !foreignKeys.includes(key)),
    root.span,
  )
  const cx = prepareContext(
    { root: own, source, version: 2.1 },
    { pipelineValues: {}, ...(orbs === undefined ? {} : { orbs }) },
    limits,
    report,
  )
  const space = loadOrbSpace(cx, own, file)
  checkDefinitions(cx, space)
  checkReferences(cx, space)
  checkOrbElements(cx, space)
  checkCommandRecursion(cx, space)
  checkImports(cx, own, space)
  checkOrbMetadata(report, root)
}

/** Mistakes in what a config may never use are warnings. */
function lenient(report: Report): Report {
  const { error, warn, hasErrors } = report
  return {
    error: (code, ...rest) => (hopeless.has(code) ? error(code, ...rest) : warn(code, ...rest)),
    warn,
    hasErrors,
    get diagnostics() {
      return report.diagnostics
    },
  }
}

/** Imports are fixed when the orb is published, so each must exist then, used or not. Without a source nobody can tell. */
function checkImports(cx: ResolveContext, root: MapNode, space: Space): void {
  if (cx.orbSource === undefined) return
  const written = child(root, 'orbs')
  for (const [name, orb] of space.orbs)
    if ('reportMissing' in orb && child(written, name)?.kind !== 'map') orb.reportMissing()
}
