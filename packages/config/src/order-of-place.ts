import type { ConfigDiagnostic } from './diagnostic-code.ts'

/** Diagnostics as one reads the files: those of `file` from top to bottom, then those of each orb as they came. */
export function inOrderOfPlace(diagnostics: readonly ConfigDiagnostic[], file: string): readonly ConfigDiagnostic[] {
  const ranks = new Map([[file, 0]])
  for (const { span } of diagnostics) if (!ranks.has(span.file)) ranks.set(span.file, ranks.size)
  const rank = ({ span }: ConfigDiagnostic) => ranks.get(span.file)!
  return diagnostics.toSorted((a, b) => rank(a) - rank(b) || a.span.start - b.span.start)
}
