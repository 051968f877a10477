import {
  AppError,
  createRounds,
  type EngineStore,
  type ExpiredAttempt,
  type FencedRef,
  type StopOrder,
  type WorkspaceLayer,
} from '@rondo/model'
import sql from 'sql-template-tag'
import { seenNow } from './agent-seen.ts'
import { heardOf } from './agents.ts'
import { readContexts } from './attempt-context.ts'
import { choreReads } from './chores.ts'
import { claimsUnknown, claimTasks } from './claim.ts'
import type { Database, Runner } from './database.ts'
import { createTransaction } from './engine-transaction.ts'
import { findAttempt } from './fence.ts'
import { instanceMethods } from './instances.ts'
import { overdueJobs } from './overdue.ts'
import { readPipelineInSetup } from './pipeline-writes.ts'
import { waitingFor } from './queue-view.ts'
import { reservePipelines, type WantedPipeline } from './reserve-pipelines.ts'
import { type JobRow, jobColumns } from './rows.ts'
import { readTimings } from './test-timings.ts'

/** The write side: transactions of the conductor, and the queue. */
export function createEngineStore(database: Database): EngineStore {
  const reserve = createRounds((wanted: readonly WantedPipeline[]) => reservePipelines(database, wanted))
  const contextOf = createRounds((ids: readonly string[]) => readContexts(database.prepared, ids))
  return {
    transact: (work) => database.transact((runner) => work(createTransaction(runner))),
    async reservePipeline(projectId, once) {
      const reserved = await reserve({ projectId, once })
      if (reserved === undefined) throw new AppError('not-found', `There is no project ${projectId}.`)
      return reserved
    },
    async saveAgent(agent) {
      // One that only a credential names so far says nothing of its machine; what the machine said of itself stays.
      const rows = await database.rows<{ id: string }>(sql`
        with saved as (insert into agents (name, hostname, cpus, memory_mb, executors)
        values (${agent.name}, ${agent.hostname}, ${agent.cpus}, ${agent.memoryMb}, ${JSON.stringify(agent.executors.map((executor) => (executor === 'sandbox' ? 'docker' : executor)))}::jsonb)
        on conflict (name) do update set hostname = excluded.hostname, cpus = excluded.cpus, memory_mb = excluded.memory_mb, executors = excluded.executors,
          ${seenNow} where excluded.executors <> '[]'::jsonb returning id)
        select id from saved union all select id from agents where name = ${agent.name} limit 1`)
      return rows[0]!.id
    },
    // A thousand agents that are woken by one task cost what one agent costs.
    claim: createRounds((requests) => claimTasks(database, requests)),
    waitingFor: (executors) => waitingFor(database.prepared, executors),
    claimedUnknown: (agentId, known, terms) => claimsUnknown(database.prepared, agentId, known, terms),
    renew: (agentId, attempts, leaseMs) => renewLeases(database.prepared, agentId, attempts, leaseMs),
    expired: (limit) =>
      database.rows<ExpiredAttempt>(sql`
        select a.id as "attemptId", a.epoch, a.agent_id as "agentId", a.granted_at is not null as granted, t.attempts,
          (extract(epoch from now() - a.lease_expires_at) * 1000)::int as "lateMs", case when g.seen_at > a.lease_expires_at
            then (extract(epoch from g.seen_at - greatest(g.back_at, a.lease_expires_at)) * 1000)::int end as "unspokenMs"
        from attempts a join tasks t on t.id = a.task_id join agents g on g.id = a.agent_id
        where a.phase <> 'finished' and a.lease_expires_at < now() order by a.lease_expires_at limit ${limit}`),
    async refreshLeases(leaseMs) {
      await database.rows(
        sql`update attempts set lease_expires_at = now() + ${leaseMs} * interval '1 ms' where phase <> 'finished'`,
      )
    },
    ...instanceMethods(database),
    check: (agentId, ref) => findAttempt(database.prepared, agentId, ref, false),
    lastWord: async (agentId, ref) =>
      (
        await database.rows<{ acknowledged: number }>(sql`
          select acknowledged from attempts where id = ${ref.attemptId} and epoch = ${ref.epoch} and agent_id = ${agentId} and phase = 'finished'`)
      )[0]?.acknowledged,
    stepId: async (attemptId, step) =>
      (
        await database.prepared.rows<{ id: string }>(
          sql`select id from steps where attempt_id = ${attemptId} and index = ${step}`,
        )
      )[0]?.id,
    async findCache({ projectId, source }, keys) {
      for (const key of keys) {
        const rows = await database.rows<{ key: string; digest: string; size: number; createdAt: Date }>(sql`
          select key, digest, size, created_at as "createdAt" from caches
          where project_id = ${projectId} and source = ${source} and key ^@ ${key} order by created_at desc limit 1`)
        const row = rows[0]
        if (row) return { key: row.key, object: { digest: row.digest, size: row.size }, createdAt: row.createdAt }
      }
      return undefined
    },
    hasCache: async ({ projectId, source }, key) =>
      (
        await database.rows(
          sql`select 1 from caches where project_id = ${projectId} and source = ${source} and key = ${key}`,
        )
      ).length > 0,
    mayRead: async ({ projectId, source }, jobIds, digest) =>
      (
        await database.rows(sql`
          select 1 where exists (select from caches where project_id = ${projectId} and source = ${source} and digest = ${digest})
            or exists (select from workspace_layers where job_id = any(${[...jobIds]}::uuid[]) and digest = ${digest})`)
      ).length > 0,
    workspaceLayers: (jobIds) =>
      database.rows<WorkspaceLayer>(sql`
        select l.digest, l.size, l.job_id as "jobId", l.node_index as "nodeIndex" from workspace_layers l join unnest(${[...jobIds]}::uuid[]) with ordinality as o(job_id, position) on o.job_id = l.job_id
        order by o.position, l.node_index, l.id`),
    testTimings: (jobId, by) => readTimings(database, jobId, by),
    pendingPipelines: async (limit) =>
      (
        await database.rows<{ id: string }>(
          sql`select id from pipelines where state = 'pending' order by id limit ${limit}`,
        )
      ).map((row) => row.id),
    ...choreReads(database),
    overdue: (allowed, limit, exceptions) => overdueJobs(database, allowed, limit, exceptions),
    pipelineInSetup: (id) => readPipelineInSetup(database, id),
    async attemptContext(attemptId) {
      const context = await contextOf(attemptId)
      if (context === undefined) throw new AppError('not-found', `There is no attempt ${attemptId}.`)
      return context
    },
    workflowJobs: (workflowId) =>
      database.rows<JobRow>(
        sql`select ${jobColumns} from jobs j where j.workflow_id = ${workflowId} order by j.position`,
      ),
  }
}

async function renewLeases(
  database: Runner,
  agentId: string,
  attempts: readonly FencedRef[],
  leaseMs: number,
): Promise<readonly StopOrder[]> {
  await heardOf(database, [agentId])
  if (attempts.length === 0) return []
  const rows = await database.rows<{ id: string; epoch: number; stopReason: 'canceled' | 'timed-out' | null }>(sql`
    update attempts a set lease_expires_at = now() + ${leaseMs} * interval '1 ms' from tasks t
    where t.id = a.task_id and t.attempt_id = a.id and a.agent_id = ${agentId} and (a.phase <> 'finished' or a.held_until > now()) and a.id = any(${attempts.map((ref) => ref.attemptId)}::uuid[])
      and not exists (select from agents g where g.id = a.agent_id and g.revoked_at is not null)
    returning a.id, a.epoch, t.stop_reason as "stopReason"`)
  const open = new Map(rows.map((row) => [row.id, row]))
  return attempts.flatMap((ref): StopOrder[] => {
    const row = open.get(ref.attemptId)
    if (row === undefined || row.epoch !== ref.epoch) return [{ attemptId: ref.attemptId, reason: 'gone' }]
    return row.stopReason === null ? [] : [{ attemptId: ref.attemptId, reason: row.stopReason }]
  })
}
