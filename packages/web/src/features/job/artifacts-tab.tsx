import type { JobPageView } from '@rondo/protocol'
import { size } from '../../shared/size.ts'

/** Stored files; which slice a file is of is said where there is more than one. */
export function ArtifactsTab({ artifacts }: { readonly artifacts: JobPageView['artifacts'] }) {
  if (artifacts.length === 0)
    return <p className="quiet pad">This job stored no artifacts. A store_artifacts step would.</p>
  const sliced = artifacts.some((artifact) => artifact.nodeIndex > 0)
  return (
    <ul className="list">
      {artifacts.map((artifact) => (
        <li key={`${artifact.nodeIndex}/${artifact.path}`}>
          <a href={artifact.url} target="_blank" rel="noreferrer">
            {artifact.path}
          </a>
          {sliced && <span className="quiet">slice {artifact.nodeIndex}</span>}
          <span className="spring" />
          <span className="quiet number">{size(artifact.size)}</span>
        </li>
      ))}
    </ul>
  )
}
