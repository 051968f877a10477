import type { OrbResolution, OriginFrame, Span } from '@rondo/model'
import type { Limits } from '../limits.ts'
import type { OrbSource } from '../orb/orb-source.ts'
import { leastStepSize } from '../output/least-size.ts'
import type { Report } from '../report.ts'
import type { MapNode, Node } from '../tree/node.ts'

/** Everything one compile shares. Only the report, the budget and the list of orbs change. */
export interface ResolveContext {
  /** 2 for the older language without templates (2 and 2.0), else 2.1. */
  readonly version: 2 | 2.1
  readonly report: Report
  readonly limits: Limits
  /** Texts by the file name of their spans, for narrower places in diagnostics. */
  readonly sources: Map<string, string>
  /** See `CompileOptions.backtracking`. */
  readonly backtracking: boolean
  readonly pipelineValues: Readonly<Record<string, string | number | boolean | null>>
  /** Resolved pipeline parameters by bare name. */
  readonly pipelineParameters: ReadonlyMap<string, string | number | boolean>
  /** Names of pipeline parameters whose declaration or value is wrong: using them says nothing new. */
  readonly brokenPipelineParameters: ReadonlySet<string>
  readonly orbSource: OrbSource | undefined
  /** Every orb resolved, in order; `direct` ones are those the config itself names. */
  readonly orbs: (OrbResolution & { readonly direct: boolean; readonly span: Span })[]
  /** Spaces of registry orbs by exact version, so that an orb imported from many places is read once. */
  readonly orbSpaces: Map<string, Space>
  readonly budget: Budget
  /** `steps` arguments are expanded where they are written; their lists are found here again where they are spliced in. */
  readonly expandedSteps: WeakMap<Node, readonly ResolvedStep[]>
  /** The commands being expanded, outermost first. */
  readonly activeCommands: Node[]
  /** Declarations by their `parameters` node, read and complained about once. */
  readonly declarations: WeakMap<Node, Declarations>
}

export type ParameterType = 'string' | 'boolean' | 'integer' | 'enum' | 'executor' | 'steps' | 'env_var_name'

export interface ParameterDeclaration {
  readonly name: string
  readonly type: ParameterType
  readonly default: Node | undefined
  /** Values of an `enum`. */
  readonly values: readonly Node[]
  readonly span: Span
}

/** `undefined` marks a declaration that is already reported as wrong. */
export type Declarations = ReadonlyMap<string, ParameterDeclaration | undefined>

/** Counts the nodes made by expansion, so that a small config cannot make an endless one. */
export interface Budget {
  /** False once the budget is spent; reports so the first time. */
  spend(count: number, span: Span): boolean
  /** Counts a step of a list that goes into one job; a few lines can stand for a million of them. */
  addStep(list: readonly ResolvedStep[], step: Node, span: Span): void
  /** Counts the steps of a job, once for each name, as equal jobs of one name are written once. */
  addJob(name: string, steps: readonly ResolvedStep[], span: Span): void
  /** True once nothing more is expanded. */
  isSpent(): boolean
}

export function outputLimitMessage({ outputCharacters }: Limits): string {
  return `A compiled config YAML must be at most ${Math.round(outputCharacters / 1024 / 1024)}MB`
}

export function createBudget(limits: Limits, report: Report): Budget {
  let left = limits.expandedNodes
  let reported = false
  const sizes = new WeakMap<readonly ResolvedStep[], number>()
  const jobs = new Set<string>()
  let total = 0

  function stop(span: Span, message: string): void {
    if (!reported) report.error('limit', span, message)
    reported = true
    left = -1
  }

  return {
    spend(count, span) {
      left -= count
      if (left >= 0) return true
      stop(span, `Expansion makes more than ${limits.expandedNodes} values; it was stopped here`)
      return false
    },
    addStep(list, step, span) {
      const size = (sizes.get(list) ?? 0) + leastStepSize(step)
      sizes.set(list, size)
      if (size > limits.outputCharacters) stop(span, outputLimitMessage(limits))
    },
    addJob(name, steps, span) {
      if (jobs.has(name)) return
      jobs.add(name)
      for (const { node } of steps) total += leastStepSize(node)
      if (total > limits.outputCharacters) stop(span, outputLimitMessage(limits))
    },
    isSpent: () => left < 0,
  }
}

export type ElementKind = 'command' | 'job' | 'executor'

/** The names visible in one source: the config itself, or an orb. */
export interface Space {
  /** Empty for the config, else what the orb is called in messages. */
  readonly label: string
  readonly main: boolean
  readonly elements: Readonly<Record<ElementKind, ReadonlyMap<string, ElementDefinition>>>
  readonly orbs: ReadonlyMap<string, Space | MissingOrb>
  readonly groups: ReadonlyMap<string, ElementDefinition>
}

/** An orb that cannot be had. Inside orbs that matters only when something of it is used, so the reason waits. */
export interface MissingOrb {
  reportMissing(): void
}

export interface ElementDefinition {
  readonly name: string
  readonly node: Node
  readonly keySpan: Span
}

/** An argument bound to a parameter, and the space of the place where it was written. */
export interface Argument {
  readonly value: Node
  readonly space: Space
  readonly type?: string
}

/** What `<< >>` means at one place. */
export interface Scope {
  readonly space: Space
  /** Arguments of the enclosing element; a missing value marks an argument that is already reported as wrong. */
  readonly parameters: ReadonlyMap<string, Argument | undefined> | undefined
  readonly matrix: ReadonlyMap<string, Node> | undefined
  readonly chain: readonly OriginFrame[]
}

export function scopeOf(space: Space, chain: readonly OriginFrame[] = []): Scope {
  return { space, parameters: undefined, matrix: undefined, chain }
}

export function within(scope: Scope, frame: OriginFrame): Scope {
  return { ...scope, chain: [...scope.chain, frame] }
}

/** A step after expansion: no commands, no conditions, no templates; and the calls that put it there. */
export interface ResolvedStep {
  readonly node: Node
  readonly chain: readonly OriginFrame[]
}

/** A job after expansion. `body` is what the compiled output shows, `steps` the same steps with their chains. */
export interface ResolvedJob {
  readonly body: MapNode
  readonly steps: readonly ResolvedStep[]
  readonly chain: readonly OriginFrame[]
  /** True when its executor could not be had, which is reported: a missing environment is then no news. */
  readonly executorMissing: boolean
  readonly inherited: InheritedKeys | undefined
}

/** The executor a job took keys of, for the places of those keys. */
export interface InheritedKeys {
  readonly body: MapNode
  readonly chain: readonly OriginFrame[]
  /** The job as it is written. */
  readonly own: MapNode
}
