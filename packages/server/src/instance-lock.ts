import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { processLockHolder, takeProcessLock } from '@rondo/adapters'
import { AppError } from '@rondo/model'
import type { ServerEnv } from './env.ts'
import type { Role } from './roles.ts'

/** A process's place on a data folder. */
export interface Instance extends Disposable {
  /** Whether other processes may work on the folder at the same time. */
  readonly shared: boolean
  /** Whether another process with this role, or with any, lives on the folder. */
  othersLive(role?: Role): boolean
}

/**
 * Takes the folder for a process that has all roles, or a place on it beside others. AppError `conflict` when the folder is
 * taken, or a process of that name lives.
 */
export function takeInstance(root: string, env: Pick<ServerEnv, 'roles' | 'instance'>): Instance {
  const folder = join(root, 'instances')
  mkdirSync(folder, { recursive: true, mode: 0o750 })
  const shared = env.instance !== 'server'
  // Of each role a lock, so that others see who has it.
  const names = shared ? env.roles.map((role) => `${role}.${env.instance}`) : []
  const paths = shared ? names.map((name) => join(folder, name)) : [join(root, 'server.pid')]
  const taken: { release(): void }[] = []
  const release = () => {
    for (const lock of taken.splice(0)) lock.release()
  }

  function refuse(what: string, pid: number): never {
    release()
    throw new AppError(
      'conflict',
      `${what} already runs on ${root} (process ${pid}). Stop it first, or set RONDO_DATA to another folder.`,
    )
  }

  function othersLive(role?: Role): boolean {
    return liveInstances(folder).some(
      (name) => !names.includes(name) && (role === undefined || name.startsWith(`${role}.`)),
    )
  }

  for (const path of paths) {
    const lock = takeProcessLock(path)
    if (!lock.taken) refuse(shared ? `An instance ${env.instance} (RONDO_INSTANCE) of Rondo` : 'Rondo', lock.holder.pid)
    taken.push(lock)
  }
  const whole = shared ? processLockHolder(join(root, 'server.pid')) : undefined
  if (whole !== undefined) refuse('A Rondo with all roles', whole.pid)
  if (!shared && othersLive())
    refuse('A Rondo with some of the roles', processLockHolder(join(folder, liveInstances(folder)[0]!))!.pid)
  return { shared, othersLive, [Symbol.dispose]: release }
}

/** `ROLE.INSTANCE` of every process that lives. */
function liveInstances(folder: string): readonly string[] {
  const names = new Set(readdirSync(folder).flatMap((name) => /^([a-z]+\.[a-z0-9-]+)\.\d+$/.exec(name)?.[1] ?? []))
  return [...names].filter((name) => processLockHolder(join(folder, name)) !== undefined)
}
