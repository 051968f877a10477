import { type RestClient, restClientOf } from '../client/rest-client.ts'
import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { serverFlags } from '../registry/server.ts'

interface Pipeline {
  readonly id: string
  readonly number: number
  readonly project_slug: string
}

const cancelVerb: Verb = {
  name: 'cancel',
  usage: 'rondo pipeline cancel PIPELINE',
  summary: 'cancel all that has not ended of a pipeline: its id, or gh/ORG/REPO/NUMBER',
  flags: { ...serverFlags, ...jsonFlag },
  async run(call) {
    const [name] = call.arguments
    if (name === undefined)
      throw new CallError('Name the pipeline to cancel: its id, or gh/ORG/REPO/NUMBER as its page shows it.')
    const client = restClientOf(call)
    const pipeline = await find(client, name)
    const answer = await client.call<{ message: string }>('POST', `/api/v2/pipeline/${pipeline.id}/cancel`)
    if (call.given('json')) printJson({ id: pipeline.id, ...answer })
    else process.stdout.write(`Pipeline ${pipeline.number} of ${pipeline.project_slug} is canceled.\n`)
    return 0
  },
}

/** What `rondo pipeline` does. */
export const pipelineVerbs: readonly Verb[] = [cancelVerb]

function find(client: RestClient, name: string): Promise<Pipeline> {
  const [, slug, number] = /^([^/]+\/[^/]+\/[^/]+)\/(\d+)$/.exec(name) ?? []
  return client.call(
    'GET',
    slug === undefined ? `/api/v2/pipeline/${encodeURIComponent(name)}` : `/api/v2/project/${slug}/pipeline/${number}`,
  )
}
