import type { QueueLine, RunningTasks, TaskLimit } from '@rondo/model'
import sql, { empty } from 'sql-template-tag'
import type { Runner } from './database.ts'

/**
 * The lines of the queue, each with its first task; `since` is counted from the transaction's now, by the database's clock. The recursion steps from line to line through `tasks_in_line`, so the
 * cost follows the number of lines, never that of waiting tasks in them.
 */
export async function queueLines(runner: Runner, executors: readonly string[]): Promise<readonly QueueLine[]> {
  return runner.rows<QueueLine>(sql`
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
      l.memory_mb as "memoryMb", head.promoted_at is not null as promoted,
      (extract(epoch from coalesce(head.promoted_at, head.queued_at) - now()) * 1000)::float8 as since, head.id as "taskId"
    from lines l, lateral (
      select id, promoted_at, queued_at from tasks t where phase = 'queued' and t.executor = l.executor and t.organization_id = l.organization_id
        and t.project_id = l.project_id and t.resource_class = l.resource_class and t.cpus = l.cpus and t.memory_mb = l.memory_mb
      order by promoted_at, queued_at, id limit 1) head
    where l.executor = any(${[...executors]})`)
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
