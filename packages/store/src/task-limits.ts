import { AppError, type LimitRecord, type TaskLimit } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'
import { handLocksOver } from './lock-queue.ts'
import { orgSlug, projectSlugColumn } from './slug-columns.ts'

/** All limits, the widest first, each with who set it and when. */
export async function limitRecords(runner: Runner): Promise<readonly LimitRecord[]> {
  const rows = await runner.rows<Omit<LimitRecord, 'lastChange'> & { by: string | null; at: Date | null }>(sql`
    select l.id, l.organization_id as "organizationId", l.project_id as "projectId", l.resource_class as "resourceClass", l.max_tasks as "maxTasks",
      l.by_installation as "byInstallation", ${orgSlug} as "organizationSlug", case when p.id is not null then ${projectSlugColumn} end as "projectSlug",
      u.login as by, l.set_at as at
    from task_limits l left join users u on u.id = l.set_by
      left join organizations o on o.id = l.organization_id left join projects p on p.id = l.project_id
    order by o.name nulls first, p.name nulls first, l.resource_class nulls first`)
  return rows.map(({ by, at, ...limit }) => ({ ...limit, lastChange: at === null ? null : { by, at } }))
}

type Scope = Omit<TaskLimit, 'id' | 'maxTasks'>

interface Change {
  /** Undefined takes the limit away. */
  readonly maxTasks: number | undefined
  readonly actorId: string | null
  readonly byInstallation: boolean
}

/** Sets a limit, changes it or takes it away; the event says what it was before. See `RunQueue.setLimit`. */
export async function setLimit(tx: Runner, scope: Scope, change: Change): Promise<void> {
  const { organizationId, projectId, resourceClass } = scope
  const { maxTasks, actorId } = change
  // Claims under way end first, and later ones wait: one that began before the limit was there does not know of it, and
  // what it takes is counted by nobody until it commits. Reading it `for update` holds the table against this.
  await tx.rows(sql`lock table task_limits in exclusive mode`)
  const [before] = await tx.rows<{ maxTasks: number; byInstallation: boolean }>(sql`
    select max_tasks as "maxTasks", by_installation as "byInstallation" from task_limits where ${ofScope(scope)}`)
  if (before?.byInstallation === true && !change.byInstallation)
    throw new AppError(
      'forbidden',
      'An administrator of the installation has set this limit. Ask one to change it, or set one on a project or resource class beside it.',
    )
  if (before === undefined && maxTasks === undefined) return
  await (maxTasks === undefined
    ? tx.rows(sql`delete from task_limits where ${ofScope(scope)}`)
    : tx.rows(sql`
        insert into task_limits (organization_id, project_id, resource_class, max_tasks, by_installation, set_by, set_at)
        values (${organizationId}, ${projectId}, ${resourceClass}, ${maxTasks}, ${change.byInstallation}, ${actorId}, now())
        on conflict (organization_id, project_id, resource_class) do update set max_tasks = excluded.max_tasks,
          by_installation = excluded.by_installation, set_by = excluded.set_by, set_at = excluded.set_at`))
  const data = { resourceClass, maxTasks: maxTasks ?? null, from: before?.maxTasks ?? null }
  // What a limit held back may go now.
  await tx.rows(sql`
    insert into events (kind, organization_id, project_id, actor_id, data)
    values ('limit.changed', ${organizationId}, ${projectId}, ${actorId}, ${JSON.stringify(data)}::jsonb)
    returning pg_notify('rondo', 'queue')`)
  await handOver(tx)
}

const letGo = 'nobody held it, and new work of its project is let go on'

/** Locks that nobody could be given while work was blocked. Who holds the limits alone holds all queues of locks. */
async function handOver(tx: Runner): Promise<void> {
  const given = await handLocksOver(tx, sql`true`)
  if (given.length === 0) return
  await tx.rows(sql`
    with given as (select * from jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as g("jobId" uuid, "workflowId" uuid, key text, "waitedMs" float8)),
      fact as (insert into events (kind, organization_id, project_id, pipeline_id, workflow_id, job_id, data)
        select 'lock.given', p.organization_id, p.id, w.pipeline_id, w.id, g."jobId",
          jsonb_build_object('key', g.key, 'waitedMs', g."waitedMs", 'because', ${letGo}::text)
        from given g join workflows w on w.id = g."workflowId" join projects p on p.id = w.project_id)
    insert into chores (kind, subject_id) select 'advance', "workflowId" from given
    returning pg_notify('rondo', 'chores'), pg_notify('rondo', 'events')`)
}

const ofScope = ({ organizationId, projectId, resourceClass }: Scope) => sql`
  organization_id is not distinct from ${organizationId}::uuid and project_id is not distinct from ${projectId}::uuid
    and resource_class is not distinct from ${resourceClass}::text`
