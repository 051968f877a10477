import { restClientOf } from '../client/rest-client.ts'
import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { serverFlags } from '../registry/server.ts'
import { findPipeline, readPipelineName } from './pipeline-name.ts'

interface Pipeline {
  readonly id: string
  readonly number: number
  readonly project_slug: string
}

const cancelVerb: Verb = {
  name: 'cancel',
  usage: 'rondo pipeline cancel PIPELINE-ID | gh/ORG/REPO NUMBER',
  summary: 'cancel all that has not ended of a pipeline: its id, or its project and number',
  flags: { ...serverFlags, ...jsonFlag },
  most: 2,
  async run(call) {
    if (call.arguments.length === 0)
      throw new CallError('Name the pipeline to cancel: its id, or its project and number: gh/acme/web 1.')
    const name = readPipelineName(call.arguments)
    const client = restClientOf(call)
    const pipeline = await findPipeline<Pipeline>(client, name)
    const answer = await client.call<{ message: string }>('POST', `/api/v2/pipeline/${pipeline.id}/cancel`)
    if (call.given('json')) printJson({ id: pipeline.id, ...answer })
    else process.stdout.write(`Pipeline ${pipeline.number} of ${pipeline.project_slug} is canceled.\n`)
    return 0
  },
}

/** What `rondo pipeline` does. */
export const pipelineVerbs: readonly Verb[] = [cancelVerb]
