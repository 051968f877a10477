/** Bounds of one compile. They are part of the language: what goes beyond is refused with a diagnostic. */
export interface Limits {
  /** Characters of the config, and of each orb; default 3,000,000. */
  readonly sourceCharacters: number
  /** Nesting of maps and lists; default 200. */
  readonly depth: number
  /** Nodes of one source counted with every alias written out; default 1,000,000. */
  readonly nodes: number
  /** Values made by expansion and links of their call chains, over the whole compile; default 2,000,000. */
  readonly expandedNodes: number
  /** Calls inside calls: commands, conditional steps, groups; default 100. */
  readonly callDepth: number
  /** Rows of one matrix; default 2,048. */
  readonly matrixRows: number
  /** Workflow entries after expansion; default 20,000. */
  readonly entries: number
  /** Orb inside orb; default 5. */
  readonly orbDepth: number
  /** Orbs imported, nested ones included; default 200. */
  readonly orbs: number
  /** Orbs imported by their addresses; default 50 (semantics 27). */
  readonly urlOrbs: number
  /** Nesting of logic statements; default 100 (semantics 7). */
  readonly logicDepth: number
  /** Characters of the compiled output; default 8 MiB (semantics 27). */
  readonly outputCharacters: number
  /** Diagnostics kept; default 500. */
  readonly diagnostics: number
}

export const defaultLimits: Limits = {
  sourceCharacters: 3_000_000,
  depth: 200,
  nodes: 1_000_000,
  expandedNodes: 2_000_000,
  callDepth: 100,
  matrixRows: 2_048,
  entries: 20_000,
  orbDepth: 5,
  orbs: 200,
  urlOrbs: 50,
  logicDepth: 100,
  outputCharacters: 8 * 1024 * 1024,
  diagnostics: 500,
}
