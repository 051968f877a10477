import { readFileSync } from 'node:fs'
import { makeControlGroups } from '../job-groups.ts'
import { type Limits, maxProcesses } from './options.ts'

/** A control group for all containers of a job, below which the engine makes those of the containers. */
export interface SharedClass {
  /** What the engine is told; undefined when there is none, and each container has all of the class. */
  readonly parent: string | undefined
  /** Whether a process of the engine's is in it. */
  holds(pid: number): boolean
}

/**
 * Makes the group in which the containers of a job share its resource class (ledger I-055). The kernel counts what is below a
 * group with it, so the containers need no part of their own: one may use what the others leave. Where that cannot be, the
 * user is told why.
 */
export function shareClass(
  driver: string,
  { name, limits }: { readonly name: string; readonly limits: Limits },
  say: (line: string) => void,
): SharedClass {
  const none: SharedClass = { parent: undefined, holds: () => false }
  if (driver !== 'cgroupfs') {
    say(notShared(`the engine makes control groups by ${driver}; it takes its cgroup driver cgroupfs`))
    return none
  }
  if (makeControlGroups(name, { ...limits, processes: maxProcesses }) === undefined) {
    say(notShared('the agent may not make control groups here; it takes root'))
    return none
  }
  const parent = `/rondo/${name}`
  return { parent, holds: (pid) => groupsOf(pid).includes(`:${parent}/`) }
}

export function notShared(why: string): string {
  return `NOTICE: each container of this job may use its whole resource class, for ${why}.`
}

function groupsOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cgroup`, 'utf8')
  } catch {
    return ''
  }
}
