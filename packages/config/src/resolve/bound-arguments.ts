import type { Argument } from './context.ts'

/** How the defaults of one call are evaluated, and what is said of those that cannot be. */
export interface DefaultRules {
  /** Defaults that may wait for each other. */
  readonly depth: number
  /** The names lead from the default asked for first to the one that is asked for again. */
  readonly reportCycle: (path: readonly string[]) => void
  readonly reportDepth: (name: string) => void
}

/**
 * The arguments of one call. A default may refer to any other parameter of its element, also to later ones (semantics
 * 4.4), so it is evaluated when it is first asked for.
 */
export class BoundArguments extends Map<string, Argument | undefined> {
  private readonly rules: DefaultRules
  /** Defaults nobody has asked for yet. */
  private readonly waiting = new Map<string, () => Argument | undefined>()
  /** Names of the defaults being evaluated, outermost first. */
  private readonly active: string[] = []

  constructor(rules: DefaultRules) {
    super()
    this.rules = rules
  }

  /** Takes the default of a parameter that the call leaves out. */
  setDefault(name: string, evaluate: () => Argument | undefined): void {
    this.set(name, undefined)
    this.waiting.set(name, evaluate)
  }

  override get(name: string): Argument | undefined {
    const evaluate = this.waiting.get(name)
    if (evaluate !== undefined) this.evaluateDefault(name, evaluate)
    return super.get(name)
  }

  evaluateDefaults(): void {
    for (const name of [...this.waiting.keys()]) this.get(name)
  }

  private evaluateDefault(name: string, evaluate: () => Argument | undefined): void {
    const first = this.active.indexOf(name)
    if (first >= 0) {
      this.rules.reportCycle([...this.active.slice(first), name])
      return
    }
    if (this.active.length >= this.rules.depth) {
      this.waiting.delete(name)
      this.rules.reportDepth(name)
      return
    }
    this.active.push(name)
    this.set(name, evaluate())
    this.active.pop()
    this.waiting.delete(name)
  }
}
