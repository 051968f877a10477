import {
  type EngineTransaction,
  type FencedRef,
  finalWorkflowStatuses,
  isFinalJobStatus,
  type NewJob,
  type WorkflowHead,
} from '@rondo/model'
import sql, { empty, raw, type Sql } from 'sql-template-tag'
import { choreWrites } from './chores.ts'
import { usableContexts } from './contexts.ts'
import type { Runner, TransactionRunner } from './database.ts'
import { findAttempt } from './fence.ts'
import { lockWrites } from './lock-queue.ts'
import { pipelineWrites } from './pipeline-writes.ts'
import { requestKeyWrites } from './request-keys.ts'
import type { WorkflowRow } from './rows.ts'
import { scheduleWrites } from './schedules.ts'
import { stepWrites } from './step-writes.ts'
import { headColumns, headOf, workflowReads } from './workflow-reads.ts'
import { createWriteBuffer } from './write-buffer.ts'

/** Writes of one transaction; see the port for what each means. */
export function createTransaction(connection: TransactionRunner): EngineTransaction {
  const buffer = createWriteBuffer(connection)
  const tx = buffer.runner
  connection.lastly(buffer.flush)
  return {
    ...buffer.writes,
    ...workflowReads(tx),
    ...pipelineWrites(tx),
    ...lockWrites(tx, buffer.writes.addChore),
    ...choreWrites(tx),
    ...scheduleWrites(tx),
    ...requestKeyWrites(tx),
    ...stepWrites(tx),
    async createWorkflow(workflow) {
      const jobs = workflow.jobs.map((job, position) => ({ ...job, position }))
      const rows = await tx.rows<WorkflowRow & Omit<WorkflowHead, 'workflow'>>(sql`
        with fresh as (select uuidv7() as id),
        made as (
          insert into workflows (id, pipeline_id, project_id, name, setup, status, started_by, rerun_of, workspace_id, max_auto_reruns, auto_rerun_number, stopped_at)
          select id, ${workflow.pipelineId}, ${workflow.projectId}, ${workflow.name}, ${workflow.setup ?? false}, ${workflow.status}, ${workflow.startedBy}, ${workflow.rerunOf},
            coalesce(${workflow.workspaceId}::uuid, id), ${workflow.maxAutoReruns ?? 0}, ${workflow.autoRerunNumber ?? 0}, case when ${workflow.status} = any(${[...finalWorkflowStatuses]}) then now() end from fresh returning *),
        with_jobs as (
          insert into jobs (id, workflow_id, project_id, position, name, type, number, status, requires, contexts, lock_key, parallelism, resource_class, executor, plan, kept_from, stopped_at)
          select j.id, fresh.id, ${workflow.projectId}, j.position, j.name, j.type, null, j.status, j.requires, j.contexts, j."lockKey", j.parallelism, j."resourceClass", j.executor, j.plan, j."keptFrom",
            case when j."keptFrom" is not null then now() end
          from fresh, jsonb_to_recordset(${JSON.stringify(jobs)}::jsonb) as j(id uuid, position int, name text, type text, status text, requires jsonb, contexts jsonb, "lockKey" text,
            parallelism int, "resourceClass" text, executor text, plan jsonb, "keptFrom" uuid)),
        required as (
          insert into open_requirements (required_id, job_id, statuses)
          select (r ->> 0)::uuid, (r ->> 1)::uuid, r -> 2 from jsonb_array_elements(${JSON.stringify(openRequirements(workflow.jobs))}::jsonb) r)
        select ${headColumns}, ${workflow.jobs.some((job) => job.lockKey !== null)}::bool as "hasLocks"
        from made w join pipelines wp on wp.id = w.pipeline_id join projects p on p.id = w.project_id`)
      return headOf(rows[0]!)
    },
    workflowOfJob: async (jobId) =>
      (await tx.rows<{ id: string }>(sql`select workflow_id as id from jobs where id = ${jobId}`))[0]?.id,
    async takenWorkspaces(projectId, jobIds) {
      await tx.rows(sql`select from projects where id = ${projectId} for no key update`)
      const rows = await tx.rows<{ id: string }>(sql`
        select j.id from jobs j join retention_marks m on m.project_id = j.project_id and m.kind = 'workspaces'
        where j.id = any(${[...jobIds]}::uuid[]) and (j.stopped_at, j.id) <= (m.stopped_at, m.job_id)`)
      return rows.map((row) => row.id)
    },
    rerunCount: async (pipelineId) =>
      (
        await tx.rows<{ count: number }>(
          sql`select count(*) from workflows where pipeline_id = ${pipelineId} and rerun_of is not null`,
        )
      )[0]?.count ?? 0,
    fence: (agentId, ref) => findAttempt(tx, agentId, ref, true),
    async grant(refs) {
      const rows = await tx.rows<{ id: string }>(sql`
        update attempts a set phase = 'running', granted_at = now() from tasks t
        where ${oneOf(refs)} and a.granted_at is null and a.phase || '' = 'claimed'
          and t.id = a.task_id and t.stop_reason is null returning a.id`)
      return new Set(rows.map((row) => row.id))
    },
    lockExpired: async (ref, { role, awayAfterMs, forMs }) =>
      (
        await tx.rows(sql`
          select id from attempts where id = ${ref.attemptId} and epoch = ${ref.epoch} and phase <> 'finished' and lease_expires_at < now()
            and (granted_at is not null) = ${ref.granted}
            and (select min(since) from instances where ${role} = any(roles) and seen_at >= clock_timestamp() - ${awayAfterMs} * interval '1 ms')
              <= clock_timestamp() - ${forMs} * interval '1 ms'
          for update`)
      ).length > 0,
    contextNames: async (organizationId, projectId) =>
      (
        await tx.rows<{ name: string }>(
          projectId === null
            ? sql`select name from contexts where organization_id = ${organizationId}`
            : usableContexts(sql`${organizationId}`, sql`${projectId}`),
        )
      ).map((row) => row.name),
    openSsh: async (jobId, userId) => {
      await tx.rows(
        sql`insert into job_ssh_users (job_id, user_id) values (${jobId}, ${userId}) on conflict do nothing`,
      )
    },
    saveCache: async ({ projectId, source }, key, object, jobId) =>
      (
        await tx.rows(
          sql`insert into caches (project_id, source, key, digest, size, keep_days) values (${projectId}, ${source}, ${key}, ${object.digest}, ${object.size},
            (select (plan->>'cacheRetentionDays')::int from jobs where id = ${jobId ?? null}::uuid)) on conflict do nothing returning key`,
        )
      ).length > 0,
    async addLayer(jobId, nodeIndex, object) {
      // Only a job that has ended can be overtaken by retention, which holds the project while it takes (`expireLeft`).
      await tx.rows(sql`
        select from projects where id = (select project_id from jobs where id = ${jobId} and stopped_at is not null) for no key update`)
      await tx.rows(sql`
        insert into workspace_layers (job_id, node_index, digest, size)
        select ${jobId}, ${nodeIndex}, ${object.digest}, ${object.size}
        where not exists (select from jobs j join retention_marks m on m.project_id = j.project_id and m.kind = 'workspaces'
          where j.id = ${jobId} and (j.stopped_at, j.id) <= (m.stopped_at, m.job_id))`)
    },
    async addArtifact(jobId, nodeIndex, path, object) {
      await tx.rows(sql`insert into artifacts (job_id, node_index, path, digest, size) values (${jobId}, ${nodeIndex}, ${path}, ${object.digest}, ${object.size})
        on conflict (job_id, node_index, path) do update set digest = excluded.digest, size = excluded.size`)
    },
    async addImage(jobId, nodeIndex, { position, image, digest }) {
      await tx.rows(sql`insert into job_images (job_id, node_index, position, image, digest) values (${jobId}, ${nodeIndex}, ${position}, ${image}, ${digest})
        on conflict (job_id, node_index, position) do update set image = excluded.image, digest = excluded.digest`)
    },
    async addTests(jobId, nodeIndex, tests) {
      await tx.rows(sql`
        insert into test_results (job_id, node_index, name, classname, file, result, message, run_time, source)
        select ${jobId}, ${nodeIndex}, name, classname, file, result, message, "runTime", source
        from jsonb_to_recordset(${JSON.stringify(tests)}::jsonb) as t(name text, classname text, file text, result text, message text, "runTime" double precision, source text)`)
    },
    async finishAttempts(ends) {
      if (ends.length === 0) return new Map()
      const results = JSON.stringify(Object.fromEntries(ends.map((end) => [end.attemptId, end.result])))
      const rows = await tx.rows<{ id: string; open: readonly string[] }>(sql`
        with ended as (
          update attempts a set phase = 'finished', result = ${results}::jsonb ->> a.id::text, finished_at = now()
          where ${oneOf(ends)} and a.phase || '' <> 'finished' returning a.id, a.task_id, a.epoch, a.result),
        freed as (
          update tasks t set phase = 'finished', result = e.result from ended e
          where t.id = e.task_id and t.attempt_id = e.id and t.epoch = e.epoch),
        closed as (
          update steps s set phase = 'finished', result = 'canceled', finished_at = now() from ended e
          where s.attempt_id = e.id and s.phase <> 'finished' returning s.id, s.attempt_id)
        select e.id, array(select c.id from closed c where c.attempt_id = e.id) as open from ended e`)
      return new Map(rows.map((row) => [row.id, row.open]))
    },
    async requeue(ref) {
      await endAsLost(tx, ref, empty)
      await buffer.writes.notify('queue')
    },
    async retry(ref) {
      const slice = sql`select t.job_id, t.index from attempts a join tasks t on t.id = a.task_id where a.id = ${ref.attemptId} and a.epoch = ${ref.epoch}`
      for (const table of ['workspace_layers', 'artifacts', 'test_results'])
        await tx.rows(sql`delete from ${raw(table)} where (job_id, node_index) in (${slice})`)
      const open = await tx.rows<{ id: string }>(sql`
        update steps s set phase = 'finished', result = 'canceled', finished_at = now() from attempts a
        where a.id = ${ref.attemptId} and a.epoch = ${ref.epoch} and s.attempt_id = a.id and s.phase <> 'finished' returning s.id`)
      // It waits anew: how long it ran before does not count as waiting.
      await endAsLost(tx, ref, sql`, queued_at = now()`)
      await buffer.writes.notify('queue')
      return open.map((row) => row.id)
    },
  }
}

/**
 * Which rows of `attempts a` are meant. They are found by their ids; phases beside it are compared so that no index of open
 * attempts looks as good, which may be many.
 */
function oneOf(refs: readonly FencedRef[]): Sql {
  const epochs = JSON.stringify(Object.fromEntries(refs.map((ref) => [ref.attemptId, ref.epoch])))
  return sql`a.id = any(${refs.map((ref) => ref.attemptId)}::uuid[]) and a.epoch = (${epochs}::jsonb ->> a.id::text)::int`
}

/**
 * What each job waits for: the job it requires, itself, and the statuses with which it goes on. What has ended already (a kept
 * job) is waited for by nobody.
 */
function openRequirements(jobs: readonly NewJob[]): readonly (readonly [string, string, readonly string[]])[] {
  const byName = new Map(jobs.map((job) => [job.name, job]))
  return jobs.flatMap((job) =>
    job.requires.flatMap(({ node, statuses }) => {
      const required = byName.get(node)
      return required === undefined || isFinalJobStatus(required.status)
        ? []
        : [[required.id, job.id, statuses] as const]
    }),
  )
}

/** Ends an attempt as lost and queues its task again. */
async function endAsLost(tx: Runner, ref: FencedRef, change: Sql): Promise<void> {
  await tx.rows(
    sql`update attempts set phase = 'finished', result = 'lost', finished_at = now() where id = ${ref.attemptId} and epoch = ${ref.epoch}`,
  )
  // What was asked to stop while nobody had it yet does not come back.
  await tx.rows(sql`
    update tasks set phase = case when stop_reason is null then 'queued' else 'finished' end, result = stop_reason, attempt_id = null ${change}
    where id = (select task_id from attempts where id = ${ref.attemptId}) and attempt_id = ${ref.attemptId} and epoch = ${ref.epoch}`)
}
