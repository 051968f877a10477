import {
  isFinalJobStatus,
  isFinalWorkflowStatus,
  type LockEntry,
  type Requirement,
  type WorkflowStatus,
} from '@rondo/model'
import type { JobState } from './job-state.ts'

type Node = { readonly id: string; readonly name: string; readonly requires: readonly Requirement[] }

/** What an unlock node stands behind: everything upstream of it. */
export function guardOf<T extends Node>(unlock: Node, jobs: readonly T[]): readonly T[] {
  const byName = new Map(jobs.map((job) => [job.name, job]))
  const found = new Set<T>()
  const open: Node[] = [unlock]
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    for (const { node: name } of node.requires) {
      const upstream = byName.get(name)
      if (upstream === undefined || found.has(upstream)) continue
      found.add(upstream)
      open.push(upstream)
    }
  }
  return [...found]
}

/** What stands between a lock node and its unlock node. What is upstream of the unlock node alone runs with or without the lock, or waits for it. */
export function guardedBetween<T extends Node>(lock: T, unlock: Node, jobs: readonly T[]): readonly T[] {
  return guardOf(unlock, jobs).filter((job) => guardOf(job, jobs).includes(lock))
}

type LockNode = Node & Pick<JobState, 'type' | 'lockKey'>

/**
 * The lock node whose lock an unlock node gives back: the nearest one of its key upstream. A workflow may have several of
 * one key, beside each other or one behind the other.
 */
export function lockOf<T extends LockNode>(unlock: LockNode, jobs: readonly T[]): T | undefined {
  const locks = guardOf(unlock, jobs).filter((job) => job.type === 'lock' && job.lockKey === unlock.lockKey)
  if (locks.length === 0) return jobs.find((job) => job.type === 'lock' && job.lockKey === unlock.lockKey)
  return locks.find((lock) => !locks.some((other) => other !== lock && guardOf(other, jobs).includes(lock)))
}

/**
 * Lock nodes whose place in the queue is to be given up: those that ended without the lock, and those whose unlock node has
 * ended, or the workflow. Never while an agent still works on what the lock guards, so that two never work under one lock.
 */
export function locksToRelease(
  jobs: readonly JobState[],
  locks: readonly LockEntry[],
  busy: ReadonlySet<string>,
  status: WorkflowStatus,
): readonly string[] {
  return locks
    .filter((entry) => {
      const lock = jobs.find((job) => job.id === entry.jobId)
      if (lock === undefined) return true
      if (lock.status !== 'success') return isFinalJobStatus(lock.status)
      const unlock = jobs.find((job) => job.type === 'unlock' && lockOf(job, jobs) === lock)
      const ended = isFinalWorkflowStatus(status) || (unlock !== undefined && isFinalJobStatus(unlock.status))
      const guarded = unlock === undefined ? jobs : guardedBetween(lock, unlock, jobs)
      // An unlock node may be canceled while what it stands behind still waits: that keeps the lock, and has its turn.
      return ended && guarded.every((job) => isFinalJobStatus(job.status) && !busy.has(job.id))
    })
    .map((entry) => entry.jobId)
}
