import { createHint } from './hint.ts'

/** Who may keep the agent from taking tasks: somebody at its machine, its administrator, or its disk. */
export type Keeper = 'signal' | 'administrator' | 'disk'

/** Whether new tasks are taken, and why not. */
export interface Gate {
  /** The reason not to take any, as a sentence, of anybody but `except`; undefined when there is none. */
  refusal(except?: Keeper): string | undefined
  /** Since when this keeper holds it closed. */
  closedSince(keeper: Keeper): Date | undefined
  close(keeper: Keeper, why: string): void
  open(keeper: Keeper): void
  /** Aborts when the next reason comes or goes. */
  nextChange(): AbortSignal
}

export function createGate(now: () => Date = () => new Date()): Gate {
  const closed = new Map<Keeper, { readonly why: string; readonly since: Date }>()
  const changed = createHint()
  return {
    refusal: (except) => [...closed].find(([keeper]) => keeper !== except)?.[1].why,
    closedSince: (keeper) => closed.get(keeper)?.since,
    close(keeper, why) {
      const before = closed.get(keeper)
      if (before?.why === why) return
      closed.set(keeper, { why, since: before?.since ?? now() })
      changed.give()
    },
    open(keeper) {
      if (closed.delete(keeper)) changed.give()
    },
    nextChange: changed.next,
  }
}
