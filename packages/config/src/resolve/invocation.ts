import type { NodeType, OriginFrame, RequiredStatus, Span } from '@rondo/model'
import type { MapEntry, MapNode, Node } from '../tree/node.ts'
import type { InheritedKeys, ResolvedStep } from './context.ts'

/** One entry of a workflow after matrix and group expansion, its body compiled, its name not yet final. */
export interface Invocation {
  readonly workflow: string
  /** The job it runs, as the workflow names it; absent for nodes that no entry names. */
  readonly job?: string
  /** Where the name of that job is defined, for what it lacks. */
  readonly definedAt?: Span
  /** Name before numbering; what `requires` speaks of. */
  readonly name: string
  /** Matrix alias, when the entry has a matrix. */
  readonly alias: string | undefined
  /** The job group invocation this belongs to; it is visible as a requirement only there. */
  readonly group: string | undefined
  /** The group whose entries its own requirements name; the node in front of a group looks outside. */
  readonly looksIn: string | undefined
  /** The name outside of its group, for the node that ends one. */
  readonly publicName: string | undefined
  readonly type: NodeType
  /** What is printed under `jobs`; absent for approvals, which exist in the workflow only. */
  readonly body: MapNode | undefined
  readonly steps: readonly ResolvedStep[]
  readonly executorMissing: boolean
  readonly inherited?: InheritedKeys | undefined
  /** What stands below the name in the `jobs` list, as written: the places of what was read out of it. */
  readonly attributes: ReadonlyMap<string, MapEntry>
  readonly requires: readonly RequirementReference[]
  readonly filters: Node | undefined
  readonly context: Node | undefined
  readonly serialGroup: string | undefined
  /** Key of a `lock` or `unlock` node. */
  readonly key: string | undefined
  /** What an expression filter decided; undefined without one. The rules for branches and tags do not apply then. */
  readonly decided: boolean | undefined
  /** True when its job does not exist or cannot be read, which is reported. */
  readonly unresolved?: true
  readonly span: Span
  readonly chain: readonly OriginFrame[]
}

export interface RequirementReference {
  readonly name: string
  readonly statuses: readonly RequiredStatus[]
  readonly span: Span
  /** What names the statuses; absent where nothing does. */
  readonly statusNode?: Node
}

export interface ResolvedWorkflow {
  readonly name: string
  readonly invocations: readonly Invocation[]
  readonly triggers: Node | undefined
  readonly maxAutoReruns: Node | undefined
  readonly span: Span
}
