import type { Artifact, TestResult } from '@rondo/model'
import { type Static, Type } from 'typebox'

export const ArtifactShape = Type.Object({ path: Type.String(), node_index: Type.Integer(), url: Type.String() })

export function presentArtifact(artifact: Artifact, publicUrl: string): Static<typeof ArtifactShape> {
  const path = artifact.path.split('/').map(encodeURIComponent).join('/')
  return {
    path: artifact.path,
    node_index: artifact.nodeIndex,
    url: `${publicUrl}/output/job/${artifact.jobId}/artifacts/${artifact.nodeIndex}/${path}`,
  }
}

export const TestShape = Type.Object({
  name: Type.String(),
  classname: Type.String(),
  file: Type.String(),
  result: Type.String(),
  message: Type.String(),
  /** Seconds. */
  run_time: Type.Number(),
  source: Type.String(),
})

export function presentTest({ runTime, file, ...test }: TestResult): Static<typeof TestShape> {
  return { ...test, file: file ?? '', run_time: runTime }
}
