import { createHmac, timingSafeEqual } from 'node:crypto'

/**
 * Keys with which jobs of a setup workflow continue their pipeline: one a pipeline, derived, so nothing is stored. A key
 * names its pipeline; no other key opens it.
 */
export interface ContinuationKeys {
  issue(pipelineId: string): string
  /** The pipeline a key was issued for; undefined when it was not issued by us. */
  verify(key: string): string | undefined
}

export function createContinuationKeys(secret: Uint8Array): ContinuationKeys {
  function sign(pipelineId: string): string {
    return createHmac('sha256', secret).update(`continuation:${pipelineId}`).digest('base64url')
  }

  return {
    issue: (pipelineId) => `rck_${pipelineId}.${sign(pipelineId)}`,
    verify(key) {
      const match = /^rck_([0-9a-f-]{36})\.([\w-]{43})$/.exec(key)
      if (match === null) return undefined
      const [, pipelineId = '', signature = ''] = match
      return timingSafeEqual(Buffer.from(sign(pipelineId)), Buffer.from(signature)) ? pipelineId : undefined
    },
  }
}
