import type { ConfigDiagnostic } from '../diagnostic-code.ts'

/** What diagnostics say is not in the registry, by name, each once and in order. */
export function missingOrbs(diagnostics: readonly ConfigDiagnostic[]): readonly string[] {
  const missing = diagnostics.filter(({ code, severity }) => code === 'orb-not-found' && severity === 'error')
  return [...new Set(missing.map(({ message }) => nameIn(message)))].sort()
}

function nameIn(message: string): string {
  const named =
    /^Cannot find (\S+) in the orb registry|^The orb at (\S+) cannot be read|^(Orb '.*' is empty here)/.exec(message)
  return named?.[1] ?? named?.[2] ?? named?.[3] ?? message
}
