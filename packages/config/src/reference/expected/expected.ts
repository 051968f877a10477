import type { ConfigDiagnosticCode } from '../../diagnostic-code.ts'

/** Why a file of the reference is judged as it is, and the codes of all errors it has, each once and in order. */
export interface Expected {
  readonly codes: readonly ConfigDiagnosticCode[]
  readonly why: string
}

/** Codes of errors, each once and in order, without those that the suite lists by name. */
export function codesOf(
  diagnostics: readonly { readonly severity: string; readonly code: ConfigDiagnosticCode }[],
  without: readonly ConfigDiagnosticCode[] = [],
): readonly ConfigDiagnosticCode[] {
  const errors = diagnostics.filter(({ severity, code }) => severity === 'error' && !without.includes(code))
  return [...new Set(errors.map(({ code }) => code))].sort()
}
