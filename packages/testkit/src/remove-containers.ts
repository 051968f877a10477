import { spawnSync } from 'node:child_process'

/** Removes the containers of a data folder's agent, which has ended: it leaves those of jobs that run to the next one. */
export function removeContainers(data: string): void {
  const docker = (...args: readonly string[]) => spawnSync('docker', args, { encoding: 'utf8' })
  // Without an engine there is nothing to say, and nothing to remove.
  const ids = (docker('ps', '--all', '--quiet', '--filter', `label=rondo.agent=${data}/agent`).stdout ?? '')
    .split('\n')
    .filter(Boolean)
  if (ids.length > 0) docker('rm', '--force', '--volumes', ...ids)
}
