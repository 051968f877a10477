import type { OriginFrame, Span } from '@rondo/model'
import type { ConfigDiagnostic, ConfigDiagnosticCode } from './diagnostic-code.ts'

export interface ReportDetail {
  /** What to do about it; a function is asked only when the diagnostic is kept, so it may look around. */
  readonly hint?: string | (() => string | undefined) | undefined
  readonly chain?: readonly OriginFrame[] | undefined
}

/** Mistakes that one place can hold only once, whatever the message calls the job or command that led there. */
const oncePerPlace: ReadonlySet<ConfigDiagnosticCode> = new Set([
  'requires',
  'unknown-key',
  'ignored-key',
  'expected-type',
  'argument-type',
  'invalid-value',
  'number-as-text',
  'cycle',
])

/** Collects diagnostics. What is used many times (a job expanded for each matrix row, an anchor) has its mistake once. */
export interface Report {
  error(code: ConfigDiagnosticCode, span: Span, message: string, detail?: ReportDetail): void
  warn(code: ConfigDiagnosticCode, span: Span, message: string, detail?: ReportDetail): void
  readonly diagnostics: readonly ConfigDiagnostic[]
  /** True once any error was reported. */
  hasErrors(): boolean
}

/** @param limit diagnostics kept of each severity; further ones only count */
export function createReport(limit: number): Report {
  const diagnostics: ConfigDiagnostic[] = []
  const seen = new Set<string>()
  const counts = { error: 0, warning: 0 }

  function add(
    severity: 'error' | 'warning',
    code: ConfigDiagnosticCode,
    span: Span,
    message: string,
    detail?: ReportDetail,
  ) {
    // A place can lack a key once only, too, but several of them.
    const lacking = code === 'missing-key' ? /\[\w+\]/.exec(message)?.[0] : undefined
    const what = oncePerPlace.has(code) ? span.end : (lacking ?? nameless(message, detail?.chain))
    const key = `${severity}\n${code}\n${span.file}\n${span.start}\n${what}`
    if (seen.has(key)) return
    counts[severity] += 1
    if (counts[severity] > limit) return
    seen.add(key)
    const hint = typeof detail?.hint === 'function' ? detail.hint() : detail?.hint
    diagnostics.push({
      code,
      severity,
      span,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(detail?.chain === undefined || detail.chain.length === 0 ? {} : { chain: detail.chain }),
    })
  }

  return {
    error: (code, span, message, detail) => add('error', code, span, message, detail),
    warn: (code, span, message, detail) => add('warning', code, span, message, detail),
    diagnostics,
    hasErrors: () => counts.error > 0,
  }
}

/** A message without the names that a matrix or a workflow entry gave to one job. */
function nameless(message: string, chain: readonly OriginFrame[] = []): string {
  const names = chain.filter(({ kind }) => kind === 'job' || kind === 'matrix')
  return names.reduce((text, { name }) => text.replaceAll(`'${name}'`, "''"), message)
}
