import { checkCommandRecursion } from './check/command-recursion.ts'
import { checkDefinitions } from './check/definitions.ts'
import { checkOrbElements } from './check/orb-elements.ts'
import { checkOrbMetadata } from './check/orb-metadata.ts'
import { checkReferences } from './check/references.ts'
import { readVersion } from './check/version.ts'
import { prepareContext } from './compile.ts'
import type { ConfigDiagnostic } from './diagnostic-code.ts'
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
}

/** Keys a config has and an orb may not (semantics 9.2). */
const foreignKeys = ['workflows', 'parameters', 'setup', 'job-groups']

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
  report: Report,
): void {
  for (const key of foreignKeys) {
    const entry = root.entries.get(key)
    if (entry !== undefined) report.error('unknown-key', entry.keySpan, `An orb may not have '${key}'`)
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

/** Imports are fixed when the orb is published, so each must exist then, used or not. Without a source nobody can tell. */
function checkImports(cx: ResolveContext, root: MapNode, space: Space): void {
  if (cx.orbSource === undefined) return
  const written = child(root, 'orbs')
  for (const [name, orb] of space.orbs)
    if ('reportMissing' in orb && child(written, name)?.kind !== 'map') orb.reportMissing()
}
