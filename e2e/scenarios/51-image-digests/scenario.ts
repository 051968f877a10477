import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  changeImage,
  forgetImages,
  type ImageRegistry,
  imageRegistryPresent,
  type Stack,
  startImageRegistry,
} from '@rondo/testkit'
import type { ScenarioSteps } from '../../scenario/load.ts'

let registry: ImageRegistry | undefined
let first = ''
const made = 'rondo-scenario/moves:1'

function pushAs(which: string): string {
  changeImage('alpine:latest', [`ENV WHICH=${which}`, `LABEL made=${Date.now()}`], made)
  const digest = registry!.push(made, 'team/moves:1')
  forgetImages([made])
  return digest
}

/** What a job of a workflow printed, and which images it says it had. */
async function look(stack: Stack, workflow: string) {
  const [job] = await stack.jobs(workflow)
  const steps = await stack.steps(job!.id)
  const printed = await stack.output(steps.find((step) => step.name === 'which')?.id ?? '')
  const { images } = await stack.api<{ images: { image: string; digest: string }[] }>(
    'GET',
    `/api/private/jobs/${job!.id}`,
  )
  return { printed: printed.toString(), images }
}

export const scenario: ScenarioSteps = {
  able: imageRegistryPresent,
  async prepare() {
    registry = await startImageRegistry()
    first = pushAs('first')
    const config = readFileSync(join(import.meta.dirname, 'config.yml'), 'utf8')
    return { '.circleci/config.yml': config.replaceAll('REGISTRY/', `${registry.host}/`) }
  },
  async check({ stack }, [pipeline]) {
    const image = `${registry?.host}/team/moves:1`
    const expected = [{ image, digest: first }]
    const found: string[] = []
    const before = (await stack.workflows(pipeline!))[0]!.id
    const { images } = await look(stack, before)
    if (JSON.stringify(images) !== JSON.stringify(expected)) found.push(`the job had ${JSON.stringify(images)}`)
    // The tag moves, here and there, and nothing of the first image is left on the engine.
    pushAs('second')
    forgetImages([image, `${registry?.host}/team/moves@${first}`])
    await stack.api('POST', `/api/v2/workflow/${before}/rerun`, { from_failed: false })
    const again = await stack.waitFor('the rerun to end', async () =>
      (await stack.workflows(pipeline!)).find((one) => one.id !== before && one.status === 'success'),
    )
    const rerun = await look(stack, again.id)
    if (rerun.printed !== 'the first\n') found.push(`the rerun ran ${rerun.printed}`)
    if (rerun.images[0]?.digest !== first) found.push(`the rerun had ${JSON.stringify(rerun.images)}`)
    return found
  },
  async cleanUp() {
    if (registry !== undefined) forgetImages([`${registry.host}/team/moves:1`, `${registry.host}/team/moves@${first}`])
    registry?.stop()
  },
}
