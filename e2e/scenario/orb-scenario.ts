import { imagePresent } from '@rondo/testkit'
import type { ScenarioSteps } from './load.ts'
import { importOrb, orbsAtHand, publishedOrb } from './orbs.ts'

export interface OrbScenario {
  /** Published orbs by reference, those they import first. */
  readonly orbs: readonly string[]
  /** Stand-ins of orbs that are not at hand. */
  readonly ownOrbs?: Readonly<Record<string, string>>
  /** What the orbs' jobs run in. */
  readonly image: string
}

/** Imports orbs before the first push. */
export function orbScenario({ orbs, ownOrbs = {}, image }: OrbScenario): ScenarioSteps {
  return {
    able: () => orbsAtHand() && imagePresent(image),
    async prepare({ stack }) {
      for (const [reference, source] of Object.entries(ownOrbs)) await importOrb(stack, reference, source)
      for (const reference of orbs) await importOrb(stack, reference, publishedOrb(reference))
      return {}
    },
  }
}
