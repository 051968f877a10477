import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { imagePresent } from '@rondo/testkit'
import { type HttpsFront, startHttpsFront } from './https-front.ts'
import type { ScenarioSteps } from './load.ts'
import { importOrb, orbsAtHand, publishedOrb } from './orbs.ts'

export interface OrbScenario {
  readonly folder: string
  /** Published orbs by reference, those they import first. */
  readonly orbs: readonly string[]
  /** Stand-ins of orbs that are not at hand. */
  readonly ownOrbs?: Readonly<Record<string, string>>
  /** What the orbs' jobs run in. */
  readonly image: string
}

/** Imports orbs and gives the config, where it says THE_DOMAIN, an address with TLS that jobs trust by `front.pem`. */
export function orbScenario({ folder, orbs, ownOrbs = {}, image }: OrbScenario): ScenarioSteps {
  let front: HttpsFront | undefined
  return {
    able: () => orbsAtHand() && imagePresent(image),
    async prepare({ stack, project }) {
      front = await startHttpsFront(stack.url)
      for (const [reference, source] of Object.entries(ownOrbs)) await importOrb(stack, reference, source)
      for (const reference of orbs) await importOrb(stack, reference, publishedOrb(reference))
      const trusted = { name: 'CURL_CA_BUNDLE', value: '/home/circleci/project/front.pem' }
      await stack.api('POST', `/api/v2/project/gh/${project}/envvar`, trusted)
      const config = readFileSync(join(folder, 'config.yml'), 'utf8')
      return { '.circleci/config.yml': config.replaceAll('THE_DOMAIN', front.domain), 'front.pem': front.certificate }
    },
    cleanUp: async () => front?.close(),
  }
}
