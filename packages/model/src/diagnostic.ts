/** A half-open range of character offsets in one source text. Line and column are computed at the edge. */
export interface Span {
  readonly file: string
  readonly start: number
  readonly end: number
}

export type DiagnosticSeverity = 'error' | 'warning'

/**
 * One thing a user got wrong, or will be surprised by. Collected, never thrown.
 * `code` is stable and documented; `hint` says what to do about it.
 */
export interface Diagnostic<Code extends string = string> {
  readonly code: Code
  readonly severity: DiagnosticSeverity
  readonly span: Span
  readonly message: string
  readonly hint?: string
  /** The chain that led here, outermost first: workflow, job, command, … */
  readonly chain?: readonly OriginFrame[]
}

/** One link of the chain that produced a node of the plan. */
export interface OriginFrame {
  readonly kind:
    | 'workflow'
    | 'job'
    | 'job-group'
    | 'command'
    | 'executor'
    | 'orb'
    | 'matrix'
    | 'pre-steps'
    | 'post-steps'
  readonly name: string
  readonly span: Span
}

/** Where a node of the plan comes from: its own place, and the calls that put it there, outermost first. */
export interface Origin {
  readonly span: Span
  readonly chain: readonly OriginFrame[]
}
