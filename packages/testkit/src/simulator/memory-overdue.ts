import type { AllowedTimes, OverdueJob } from '@rondo/model'
import type { Cell, MemoryDatabase, Work } from './memory-database.ts'

/** Jobs that have taken too long, as the real store finds them. */
export function overdueJobs(
  database: MemoryDatabase,
  work: Work,
  allowed: AllowedTimes,
  limit: number,
  exceptions: Readonly<Record<string, AllowedTimes>> = {},
): readonly OverdueJob[] {
  function rows<Row>(cells: Iterable<Cell<Row>>): readonly Row[] {
    return [...cells].flatMap((cell) => work.read(cell) ?? [])
  }

  function jobs(
    doing: OverdueJob['doing'],
    found: readonly { readonly jobId: string; readonly since: number }[],
    name: keyof AllowedTimes,
    status: string,
  ): readonly OverdueJob[] {
    const oldestFirst = found.toSorted((a, b) => a.since - b.since)
    const open = oldestFirst.flatMap((row) => {
      const job = work.read(database.jobs.get(row.jobId))
      const allowedMs = (exceptions[job?.projectId ?? ''] ?? allowed)[name]
      return job?.status === status && row.since < work.now - allowedMs
        ? [{ jobId: job.id, workflowId: job.workflowId, doing }]
        : []
    })
    return [...new Map(open.map((job) => [job.jobId, job])).values()].slice(0, limit)
  }

  const running = rows(database.attempts.values()).flatMap((row) => {
    const task = work.read(database.tasks.get(row.taskId))
    return row.phase === 'finished' || row.grantedAt === null || task === undefined
      ? []
      : [{ jobId: task.jobId, since: row.grantedAt }]
  })
  const queued = rows(database.waiting).filter((row) => row.phase === 'queued')
  const held = rows(database.jobs.values()).filter((row) => row.status === 'on_hold' && row.queuedAt !== null)
  const waiting = rows(database.locks.values()).filter((row) => !row.held)
  return [
    ...jobs('run', running, 'runMs', 'running'),
    ...jobs(
      'queue',
      queued.map((row) => ({ jobId: row.jobId, since: row.queuedAt })),
      'queueMs',
      'queued',
    ),
    ...jobs(
      'approval',
      held.map((row) => ({ jobId: row.id, since: row.queuedAt!.getTime() })),
      'approvalMs',
      'on_hold',
    ),
    ...jobs('lock', waiting, 'lockMs', 'not_running'),
  ]
}
