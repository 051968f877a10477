import { type AttemptContext, type CacheScope, forkOf } from '@rondo/model'

type Origin = Pick<AttemptContext, 'pipeline' | 'trustsForks'>

/**
 * Whether a job runs what somebody outside of the organisation wrote, in a project that keeps its secrets from them: then it
 * gets no variable, context, key or token, and neither reads nor feeds the project's caches (rows S-01 and S-10).
 */
export function isForeign({ pipeline, trustsForks }: Origin): boolean {
  return !trustsForks && forkOf(pipeline.git) !== undefined
}

export function cacheScope(context: Origin & Pick<AttemptContext, 'identity'>): CacheScope {
  const source = isForeign(context) ? (forkOf(context.pipeline.git) ?? '') : ''
  return { projectId: context.identity.projectId, source }
}
