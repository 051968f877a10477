import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { changeImage, forgetImages, type ImageRegistry, imageRegistryPresent, startImageRegistry } from '@rondo/testkit'
import type { ScenarioSteps } from '../../scenario/load.ts'

let registry: ImageRegistry | undefined
const made = 'rondo-scenario/private:1'

export const scenario: ScenarioSteps = {
  able: imageRegistryPresent,
  async prepare() {
    registry = await startImageRegistry({ name: 'builder', password: 'pa$$w0rd-of-the-registry' })
    // One that no other test has, so that the engine cannot have it already.
    changeImage('alpine:latest', ['ENV WHERE=from', `LABEL made=${Date.now()}`], made)
    for (const name of ['team/app:1', 'team/second:1']) registry.push(made, name)
    forgetImages([made])
    const config = readFileSync(join(import.meta.dirname, 'config.yml'), 'utf8')
    return { '.circleci/config.yml': config.replaceAll('REGISTRY/', `${registry.host}/`) }
  },
  async cleanUp() {
    if (registry !== undefined) forgetImages([`${registry.host}/team/app:1`])
    registry?.stop()
  },
}
