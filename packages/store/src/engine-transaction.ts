import type { EngineTransaction, WorkflowSnapshot } from '@rondo/model'
import sql from 'sql-template-tag'
import { choreWrites } from './chores.ts'
import type { Runner } from './database.ts'
import { findAttempt } from './fence.ts'
import { lockEntries, lockWrites } from './lock-queue.ts'
import { pipelineWrites } from './pipeline-writes.ts'
import {
  type JobWithPlanRow,
  jobColumns,
  type TaskRow,
  taskColumns,
  type WorkflowRow,
  workflowColumns,
} from './rows.ts'
import { scheduleWrites } from './schedules.ts'

const started = ['running']
const stopped = ['success', 'failed', 'canceled', 'timedout', 'infrastructure_fail', 'unauthorized', 'not_run']
const stoppedWorkflow = ['success', 'failed', 'error', 'canceled', 'unauthorized', 'not_run']

/** Writes of one transaction; see the port for what each means. */
export function createTransaction(tx: Runner): EngineTransaction {
  let announced = false

  async function notify(topic: string): Promise<void> {
    await tx.rows(sql`select pg_notify('rondo', ${topic})`)
  }

  return {
    ...pipelineWrites(tx),
    ...lockWrites(tx),
    ...choreWrites(tx),
    ...scheduleWrites(tx),
    async createWorkflow(workflow) {
      const rows = await tx.rows<{ id: string }>(sql`
        with fresh as (select uuidv7() as id)
        insert into workflows (id, pipeline_id, project_id, name, setup, status, started_by, rerun_of, workspace_id, max_auto_reruns, auto_rerun_number, stopped_at)
        select id, ${workflow.pipelineId}, ${workflow.projectId}, ${workflow.name}, ${workflow.setup ?? false}, ${workflow.status}, ${workflow.startedBy}, ${workflow.rerunOf},
          coalesce(${workflow.workspaceId}::uuid, id), ${workflow.maxAutoReruns ?? 0}, ${workflow.autoRerunNumber ?? 0}, case when ${workflow.status} = any(${stoppedWorkflow}) then now() end from fresh returning id`)
      const id = rows[0]!.id
      const jobs = workflow.jobs.map((job, position) => ({ ...job, position }))
      await tx.rows(sql`
        insert into jobs (id, workflow_id, project_id, position, name, type, number, status, requires, contexts, lock_key, parallelism, resource_class, executor, plan, kept_from, stopped_at)
        select j.id, ${id}, ${workflow.projectId}, j.position, j.name, j.type, null, j.status, j.requires, j.contexts, j."lockKey", j.parallelism, j."resourceClass", j.executor, j.plan, j."keptFrom",
          case when j."keptFrom" is not null then now() end
        from jsonb_to_recordset(${JSON.stringify(jobs)}::jsonb) as j(id uuid, position int, name text, type text, status text, requires jsonb, contexts jsonb, "lockKey" text,
          parallelism int, "resourceClass" text, executor text, plan jsonb, "keptFrom" uuid)`)
      return id
    },
    async lockWorkflow(id) {
      const locked = await tx.rows<Pick<WorkflowSnapshot, 'organizationId' | 'pipelineAgeMs'>>(sql`
        select p.organization_id as "organizationId", (extract(epoch from now() - pl.created_at) * 1000)::float8 as "pipelineAgeMs"
        from workflows w join projects p on p.id = w.project_id join pipelines pl on pl.id = w.pipeline_id where w.id = ${id} for update of w`)
      if (locked[0] === undefined) return undefined
      const workflows = await tx.rows<WorkflowRow>(
        sql`select ${workflowColumns} from workflows w join pipelines wp on wp.id = w.pipeline_id where w.id = ${id}`,
      )
      const jobs = await tx.rows<JobWithPlanRow>(
        sql`select ${jobColumns}, j.plan from jobs j where j.workflow_id = ${id} order by j.position`,
      )
      const tasks = await tx.rows<TaskRow>(
        sql`select ${taskColumns} from tasks t join jobs j on j.id = t.job_id where j.workflow_id = ${id} order by t.index`,
      )
      const locks = jobs.some((job) => job.lockKey !== null) ? await lockEntries(tx, id) : []
      return { workflow: workflows[0]!, ...locked[0], jobs, tasks, locks }
    },
    workflowOfJob: async (jobId) =>
      (await tx.rows<{ id: string }>(sql`select workflow_id as id from jobs where id = ${jobId}`))[0]?.id,
    rerunCount: async (pipelineId) =>
      (
        await tx.rows<{ count: number }>(
          sql`select count(*) from workflows where pipeline_id = ${pipelineId} and rerun_of is not null`,
        )
      )[0]?.count ?? 0,
    async saveJob(change) {
      await tx.rows(sql`
        update jobs set status = ${change.status}, message = coalesce(${change.message ?? null}, message),
          approved_by = coalesce(${change.approvedBy ?? null}::uuid, approved_by), canceled_by = coalesce(${change.canceledBy ?? null}::uuid, canceled_by),
          queued_at = case when ${change.status} in ('queued', 'not_running', 'on_hold') then coalesce(queued_at, now()) else queued_at end,
          started_at = case when ${change.status} = any(${started}) then coalesce(started_at, now()) else started_at end,
          stopped_at = case when ${change.status} = any(${stopped}) then coalesce(stopped_at, now()) else stopped_at end
        where id = ${change.id}`)
    },
    async saveWorkflow(id, status, canceledBy) {
      await tx.rows(sql`
        update workflows set status = ${status}, canceled_by = coalesce(${canceledBy ?? null}::uuid, canceled_by),
          stopped_at = case when ${status} = any(${stoppedWorkflow}) then coalesce(stopped_at, now()) else null end where id = ${id}`)
    },
    async numberJob(job) {
      await tx.rows(sql`
        with unnumbered as (select id, project_id from jobs where id = ${job.id} and number is null for update),
          counted as (update projects p set build_number = build_number + 1 from unnumbered u where p.id = u.project_id returning build_number)
        update jobs set number = counted.build_number from counted where jobs.id = ${job.id}`)
    },
    async enqueue(job, executor, resources) {
      await this.numberJob(job)
      await tx.rows(sql`
        insert into tasks (job_id, index, executor, cpus, memory_mb, organization_id, project_id, resource_class)
        select j.id, slice, ${executor}, ${resources.cpus}, ${resources.memoryMb}, p.organization_id, p.id, coalesce(j.resource_class, 'medium')
        from jobs j join projects p on p.id = j.project_id, generate_series(0, ${job.parallelism - 1}::int) slice where j.id = ${job.id}
        on conflict (job_id, index) do nothing`)
      await notify('queue')
    },
    async stopTasks(jobId, reason) {
      await tx.rows(
        sql`update tasks set phase = 'finished', result = ${reason} where job_id = ${jobId} and phase = 'queued'`,
      )
      await tx.rows(
        sql`update tasks set stop_reason = ${reason} where job_id = ${jobId} and phase = 'running' and stop_reason is null`,
      )
      await notify('stop')
    },
    fence: (agentId, ref) => findAttempt(tx, agentId, ref, true),
    grant: async (ref) =>
      (
        await tx.rows(sql`
          update attempts a set phase = 'running', granted_at = now() from tasks t
          where a.id = ${ref.attemptId} and a.epoch = ${ref.epoch} and a.granted_at is null and a.phase = 'claimed'
            and t.id = a.task_id and t.stop_reason is null returning a.id`)
      ).length > 0,
    lockExpired: async (ref) =>
      (
        await tx.rows(sql`
          select id from attempts where id = ${ref.attemptId} and epoch = ${ref.epoch} and phase <> 'finished' and lease_expires_at < now()
            and (granted_at is not null) = ${ref.granted} for update`)
      ).length > 0,
    contextNames: async (organizationId, projectId) =>
      (
        await tx.rows<{ name: string }>(sql`
          select name from contexts c where organization_id = ${organizationId}
            and (not exists (select from context_restrictions r where r.context_id = c.id)
              or exists (select from context_restrictions r where r.context_id = c.id and r.project_id = ${projectId}))`)
      ).map((row) => row.name),
    async acknowledge(attemptId, sequence, leaseMs) {
      await tx.rows(
        sql`update attempts set acknowledged = ${sequence}, lease_expires_at = now() + ${leaseMs} * interval '1 ms' where id = ${attemptId}`,
      )
    },
    async startStep(step) {
      const rows = await tx.rows<{ id: string }>(sql`
        insert into steps (attempt_id, task_index, index, name, type, command, background, started_at)
        values (${step.attemptId}, ${step.taskIndex}, ${step.index}, ${step.name}, ${step.type}, ${step.command}, ${step.background}, ${step.at})
        on conflict (attempt_id, index) do update set name = excluded.name returning id`)
      return rows[0]!.id
    },
    finishStep: async (step) =>
      (
        await tx.rows<{ id: string }>(sql`
        update steps set phase = 'finished', result = ${step.result}, exit_code = ${step.exitCode}, output_bytes = ${step.outputBytes},
          output_sha256 = ${step.outputSha256}, truncated = ${step.truncated}, finished_at = ${step.at}
        where attempt_id = ${step.attemptId} and index = ${step.index} returning id`)
      )[0]?.id,
    saveCache: async (projectId, key, object) =>
      (
        await tx.rows(
          sql`insert into caches (project_id, key, digest, size) values (${projectId}, ${key}, ${object.digest}, ${object.size}) on conflict do nothing returning key`,
        )
      ).length > 0,
    async addLayer(jobId, nodeIndex, object) {
      await tx.rows(
        sql`insert into workspace_layers (job_id, node_index, digest, size) values (${jobId}, ${nodeIndex}, ${object.digest}, ${object.size})`,
      )
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
    async finishAttempt(ref, result) {
      const ended = await tx.rows(sql`
        update attempts set phase = 'finished', result = ${result}, finished_at = now()
        where id = ${ref.attemptId} and epoch = ${ref.epoch} and phase <> 'finished' returning id`)
      if (ended.length === 0) return undefined
      await tx.rows(
        sql`update tasks set phase = 'finished', result = ${result}
        where id = (select task_id from attempts where id = ${ref.attemptId}) and attempt_id = ${ref.attemptId} and epoch = ${ref.epoch}`,
      )
      const open = await tx.rows<{ id: string }>(
        sql`update steps set phase = 'finished', result = 'canceled', finished_at = now() where attempt_id = ${ref.attemptId} and phase <> 'finished' returning id`,
      )
      return open.map((step) => step.id)
    },
    async requeue(ref) {
      await tx.rows(
        sql`update attempts set phase = 'finished', result = 'lost', finished_at = now() where id = ${ref.attemptId} and epoch = ${ref.epoch}`,
      )
      // What was asked to stop while nobody had it yet does not come back.
      await tx.rows(sql`
        update tasks set phase = case when stop_reason is null then 'queued' else 'finished' end, result = stop_reason, attempt_id = null
        where id = (select task_id from attempts where id = ${ref.attemptId}) and attempt_id = ${ref.attemptId} and epoch = ${ref.epoch}`)
      await notify('queue')
    },
    async append(event) {
      // Whatever the writer knows of the scope, the history of the pipeline and its organisation finds the event.
      await tx.rows(sql`
        insert into events (kind, organization_id, project_id, pipeline_id, workflow_id, job_id, actor_id, data)
        values (${event.kind}, coalesce(${event.organizationId ?? null}::uuid, (select organization_id from projects where id = ${event.projectId ?? null}::uuid)),
          ${event.projectId ?? null}, coalesce(${event.pipelineId ?? null}::uuid, (select pipeline_id from workflows where id = ${event.workflowId ?? null}::uuid)),
          ${event.workflowId ?? null}, ${event.jobId ?? null}, ${event.actorId ?? null}, ${JSON.stringify(event.data ?? {})}::jsonb)`)
      if (announced) return
      announced = true
      await notify('events')
    },
    notify,
  }
}
