import type { CompileOptions, ConfigDiagnostic, Limits, LineAndColumn, PlanPlace } from '@rondo/config'
import type { OrbImport, OrbPin, Plan } from '@rondo/model'
import type { CompileTurn } from './compile-queue.ts'

/** A config to compile, with everything it may look at. */
export interface CompileRequest {
  readonly source: string
  /** Name of the file in messages; default `config.yml`. */
  readonly file?: string
  readonly pipelineValues: CompileOptions['pipelineValues']
  readonly pipelineParameters?: Readonly<Record<string, unknown>>
  /** Whose private orbs may be used; null for public ones only. */
  readonly organizationId: string | null
  /** Names of the contexts the project may use; left out when that is not known. */
  readonly contexts?: readonly string[]
  readonly limits?: Partial<Limits>
  /** Whether the answer holds the place of every node of the plan. */
  readonly places?: boolean
}

/** An orb's source to check by itself. */
export interface CheckOrbRequest {
  readonly source: string
  /** Name of the file in messages; default `orb.yml`. */
  readonly file?: string
  readonly organizationId: string | null
  /** What references of its own stanza stand for; the others are looked up. */
  readonly pins?: readonly OrbPin[]
  /** Whether another registry has published it before, which leaves mistakes in its elements to those who use them. */
  readonly published?: boolean
}

/** Places of a diagnostic for editors and programs, whichever file they are in. */
export interface ProblemPlaces {
  readonly start: LineAndColumn
  /** Just behind the last character. */
  readonly end: LineAndColumn
  /** Of each frame of the chain, in its order. */
  readonly chain: readonly (LineAndColumn & { readonly file: string })[]
}

/** A diagnostic, and the same as text with its place, the line and carets. Without places, its text was not at hand. */
export type Problem = ConfigDiagnostic & { readonly text: string; readonly places?: ProblemPlaces }

export interface CompileAnswer {
  /** Present exactly when no problem is an error. */
  readonly plan: Plan | undefined
  /** The compiled YAML; present exactly when no problem is an error. */
  readonly output: string | undefined
  /** Pipeline parameters after defaults. */
  readonly parameters: Readonly<Record<string, string | number | boolean>>
  readonly problems: readonly Problem[]
  /** When they were asked for and there is a plan. */
  readonly places?: readonly PlanPlace[]
}

export interface OrbCheck {
  readonly problems: readonly Problem[]
  /** What the orb's own `orbs` stanza names and this registry has, as it resolves now. */
  readonly imports: readonly OrbImport[]
}

/**
 * Compiles what strangers wrote: fetches the orbs a config reaches, and answers with a plan or with every mistake.
 * A config that takes too long or too much memory is answered with an error as any other mistake. Never throws for
 * anything a config says; rejects when the orbs cannot be read, or too many configs wait (AppError `unavailable`).
 */
export interface Compiler {
  compile(request: CompileRequest, turn?: CompileTurn): Promise<CompileAnswer>
  checkOrb(request: CheckOrbRequest, turn?: CompileTurn): Promise<OrbCheck>
  /** Ends what runs. */
  close(): Promise<void>
}
