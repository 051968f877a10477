import { type QueueLine, type QueueShare, type RunningTasks, shareMemoryMs, type TaskLimit } from '@rondo/model'
import sql, { empty, type Sql } from 'sql-template-tag'
import type { Runner } from './database.ts'

/** A waiting task as its line sees it. */
export interface TaskInLine extends Pick<QueueLine, 'promoted' | 'since' | 'taskId'> {
  /** An agent makes room for it, which alone may take it; null: nobody does. */
  readonly reservedBy: string | null
}

/** A line with its first tasks. */
export type LoadedLine = QueueLine & {
  readonly heads: readonly TaskInLine[]
  /** How many there were when the line was read. */
  readonly loaded: number
}

/**
 * The lines of the queue, each with its first tasks but for some; `since` is counted from the transaction's now, by the
 * database's clock. The recursion steps from line to line through `tasks_in_line`, so the cost follows the number of lines,
 * never that of waiting tasks in them. How many `heads` there are may be asked of `lines`.
 */
export async function queueLines(
  runner: Runner,
  want: { readonly executors: readonly string[]; readonly heads: number | Sql; readonly without: readonly string[] },
): Promise<readonly LoadedLine[]> {
  const rows = await runner.rows<Omit<LoadedLine, keyof TaskInLine | 'loaded'>>(sql`
    with recursive lines as (
      (select executor, organization_id, project_id, resource_class, cpus, memory_mb from tasks where phase = 'queued'
        order by executor, organization_id, project_id, resource_class, cpus, memory_mb limit 1)
      union all
      select next.* from lines l, lateral (
        select executor, organization_id, project_id, resource_class, cpus, memory_mb from tasks t where phase = 'queued'
          and (t.executor, t.organization_id, t.project_id, t.resource_class, t.cpus, t.memory_mb)
            > (l.executor, l.organization_id, l.project_id, l.resource_class, l.cpus, l.memory_mb)
        order by executor, organization_id, project_id, resource_class, cpus, memory_mb limit 1) next
    )
    select l.executor, l.organization_id as "organizationId", l.project_id as "projectId", l.resource_class as "resourceClass", l.cpus,
      l.memory_mb as "memoryMb", first.heads
    from lines l, lateral (
      select jsonb_agg(jsonb_build_object('taskId', h.id, 'promoted', h.promoted_at is not null, 'reservedBy', h.reserved_by,
        'since', (extract(epoch from coalesce(h.promoted_at, h.queued_at) - now()) * 1000)::float8) order by h.promoted_at, h.queued_at, h.id) as heads
      from (
        select id, promoted_at, queued_at, case when reserved_until >= now() then reserved_by end as reserved_by
        from tasks t where phase = 'queued' and t.executor = l.executor and t.organization_id = l.organization_id
          and t.project_id = l.project_id and t.resource_class = l.resource_class and t.cpus = l.cpus and t.memory_mb = l.memory_mb
          and not id = any(${[...want.without]}::uuid[])
        order by promoted_at, queued_at, id limit ${want.heads}) h) first
    where l.executor = any(${[...want.executors]})`)
  return rows.flatMap((row) => lineOf({ ...row, loaded: row.heads?.length ?? 0 }, row.heads ?? []) ?? [])
}

/** The line with these tasks in it; undefined when there is none. */
export function lineOf(line: Omit<LoadedLine, keyof TaskInLine>, heads: readonly TaskInLine[]): LoadedLine | undefined {
  const [first] = heads
  if (first === undefined) return undefined
  const { promoted, since, taskId } = first
  return { ...line, heads, promoted, since, taskId }
}

/** Those of these executors for which something waits. */
export async function waitingFor(runner: Runner, executors: readonly string[]): Promise<readonly string[]> {
  // One look for each executor; as `exists` it may become a join with all that waits.
  const rows = await runner.rows<{ executor: string }>(sql`
    select e as executor from unnest(${[...executors]}::text[]) e,
      lateral (select from tasks where phase = 'queued' and executor = e limit 1) one`)
  return rows.map((row) => row.executor)
}

/** Running tasks by project and class; read from an index of running tasks alone. */
export function readRunning(runner: Runner): Promise<readonly RunningTasks[]> {
  return runner.rows<RunningTasks>(sql`
    select organization_id as "organizationId", project_id as "projectId", resource_class as "resourceClass", count(*)::int as tasks,
      sum(cpus)::float8 as cpus
    from tasks where phase = 'running' group by organization_id, project_id, resource_class`)
}

/** `hold`: nobody else counts against them until the end of the transaction. */
export function readLimits(runner: Runner, options: { readonly hold: boolean }): Promise<readonly TaskLimit[]> {
  return runner.rows<TaskLimit>(sql`
    select id, organization_id as "organizationId", project_id as "projectId", resource_class as "resourceClass", max_tasks as "maxTasks"
    from task_limits order by id ${options.hold ? sql`for update` : empty}`)
}

/** What administrators set as `queue.share`: for organisations beside others, for projects beside those of their own. */
export function readShares(runner: Runner): Promise<readonly QueueShare[]> {
  return runner.rows<QueueShare>(sql`
    select organization_id as "organizationId", project_id as "projectId", (data ->> 'queue.share')::int as share
    from scoped_settings where organization_id is not null and data ? 'queue.share'`)
}

/** Tasks given lately, by project and class. Costs a look at each of them, so it is read only where shares differ. */
export async function readGiven(runner: Runner, shares: readonly QueueShare[]): Promise<readonly RunningTasks[]> {
  if (shares.length === 0) return []
  // Ids of attempts rise with time. As a parameter the planner knows how few are younger; from an expression it would not.
  const [since] = await runner.rows<{ id: string }>(sql`select uuidv7(${-shareMemoryMs} * interval '1 ms') as id`)
  return runner.rows<RunningTasks>(sql`
    select t.organization_id as "organizationId", t.project_id as "projectId", t.resource_class as "resourceClass", count(*)::int as tasks,
      sum(t.cpus)::float8 as cpus
    from attempts a join tasks t on t.id = a.task_id where a.id > ${since?.id} group by t.organization_id, t.project_id, t.resource_class`)
}
