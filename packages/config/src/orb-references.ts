import { readVersion } from './check/version.ts'
import type { CompileOptions } from './compile.ts'
import { prepareContext } from './compile.ts'
import { defaultLimits } from './limits.ts'
import { loadMainSpace } from './orb/load.ts'
import { createReport } from './report.ts'
import { parseTree } from './tree/parse.ts'

/**
 * Every orb reference a config reaches: its own, those of inline orbs, and those of the orbs `options.orbs` already
 * has. A caller fetches what is new and asks again until nothing new comes. Mistakes are left for `compile` to report.
 */
export function orbReferences(source: string, options: CompileOptions): readonly string[] {
  const limits = { ...defaultLimits, ...options.limits }
  const report = createReport(limits.diagnostics)
  const references = new Set<string>()
  const recording = {
    resolve(reference: string, importer?: string) {
      references.add(reference)
      return options.orbs?.resolve(reference, importer)
    },
  }
  try {
    const root = parseTree(source, options.file ?? 'config.yml', limits, report)
    if (root === undefined || readVersion(report, root) !== 2.1) return []
    loadMainSpace(prepareContext({ root, source, version: 2.1 }, { ...options, orbs: recording }, limits, report), root)
  } catch {
    // What cannot be walked cannot be compiled either; compile says why.
  }
  return [...references]
}
