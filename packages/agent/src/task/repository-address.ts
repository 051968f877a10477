import type { TaskSpec } from '@rondo/protocol'
import type { Executor } from '../executors/executor.ts'
import { quote } from './shell.ts'

/** Where a job itself reaches its repository; people and other machines may know other addresses of it. */
export interface RepositoryAddresses {
  readonly http: string
  /** When the project has a checkout key. */
  readonly ssh: string | undefined
}

export function repositoryAddresses(
  { checkout }: Pick<TaskSpec, 'checkout'>,
  executor: Pick<Executor, 'reachable'>,
): RepositoryAddresses {
  const { url, ssh } = checkout
  return { http: executor.reachable(url), ssh: ssh === null ? undefined : executor.reachable(ssh.url) }
}

/** Lines for a shell that put the address to use into a variable: over SSH where there is a key and the image has `ssh`. */
export function chooseAddress(variable: string, { http, ssh }: RepositoryAddresses): string {
  const plain = `${variable}=${quote(http)}\n`
  return ssh === undefined ? plain : `${plain}! command -v ssh >/dev/null || ${variable}=${quote(ssh)}\n`
}
