import type { RestClient } from '../client/rest-client.ts'
import { CallError } from '../noun.ts'

/** A pipeline as people name it: by its id, `gh/ORG/REPO/NUMBER` as its page shows it, or `gh/ORG/REPO NUMBER`. */
export type PipelineName = { readonly id: string } | { readonly slug: string; readonly number: string }

export const isNumbered = (name: string): boolean => /^[^/]+\/[^/]+\/[^/]+\/\d+$/.test(name)

/** CallError: the words name no pipeline, and what to write instead. */
export function readPipelineName([first = '', second]: readonly string[]): PipelineName {
  if (second === undefined && !first.includes('/')) return { id: first }
  const [, slug, number] =
    /^([^/]+\/[^/]+\/[^/]+)\/([^/]+)$/.exec(second === undefined ? first : `${first}/${second}`) ?? []
  if (slug !== undefined && number !== undefined && /^\d+$/.test(number)) return { slug, number }
  const name = [first, second].filter((word) => word !== undefined).join(' ')
  throw new CallError(`"${name}" names no pipeline. Give its id, or its project and number: gh/acme/web 1.`)
}

/** Asks API v2 for it. */
export function findPipeline<Found>(client: RestClient, name: PipelineName): Promise<Found> {
  if ('id' in name) return client.call('GET', `/api/v2/pipeline/${encodeURIComponent(name.id)}`)
  const slug = name.slug.split('/').map(encodeURIComponent).join('/')
  return client.call('GET', `/api/v2/project/${slug}/pipeline/${name.number}`)
}
