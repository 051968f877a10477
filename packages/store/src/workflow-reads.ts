import type { EngineTransaction, JobPlan, JobStatus, Refusal, WorkflowHead } from '@rondo/model'
import sql, { empty, type Sql } from 'sql-template-tag'
import type { Runner } from './database.ts'
import { findAttempt, findAttempts } from './fence.ts'
import { lockEntries } from './lock-queue.ts'
import { type JobRow, jobColumns, type TaskRow, taskColumns, type WorkflowRow, workflowColumns } from './rows.ts'

type WorkflowReads = Pick<
  EngineTransaction,
  'holdWorkflow' | 'holdAttempt' | 'tryAttempts' | 'lockWorkflow' | 'plansOf' | 'jobWithTasks' | 'settle' | 'statusesOf'
>

const jobStatuses: readonly JobStatus[] = [
  'blocked',
  'queued',
  'not_running',
  'running',
  'on_hold',
  'success',
  'failed',
  'canceled',
  'timedout',
  'infrastructure_fail',
  'unauthorized',
  'not_run',
  'retried',
  'terminated-unknown',
]

type HeadRow = WorkflowRow & Omit<WorkflowHead, 'workflow'>

/** Of a workflow `w` of the pipeline `wp` and the project `p`; whether it has lock nodes is asked for beside them. */
export const headColumns = sql`${workflowColumns}, p.organization_id as "organizationId",
  (extract(epoch from now() - wp.created_at) * 1000)::float8 as "pipelineAgeMs"`

export function headOf({ organizationId, pipelineAgeMs, hasLocks, ...workflow }: HeadRow): WorkflowHead {
  return { workflow, organizationId, pipelineAgeMs, hasLocks }
}

/** What a decision about a workflow is made on; see the port for what each means. */
export function workflowReads(tx: Runner): WorkflowReads {
  async function hold(which: Sql, how: Sql = empty): Promise<readonly WorkflowHead[]> {
    // In one order, so that no two who hold several wait for each other.
    const rows = await tx.rows<HeadRow>(sql`
      select ${headColumns}, exists (select from jobs l where l.workflow_id = w.id and l.lock_key is not null) as "hasLocks"
      from workflows w join projects p on p.id = w.project_id join pipelines wp on wp.id = w.pipeline_id where ${which} order by w.id for update of w ${how}`)
    return rows.map(headOf)
  }
  async function jobsWithTasks(which: Sql): Promise<readonly { job: JobRow; tasks: readonly TaskRow[] }[]> {
    const rows = await tx.rows<JobRow & { tasks: readonly TaskRow[] }>(sql`
      select ${jobColumns}, array(
        select to_jsonb(s) from (select ${taskColumns} from tasks t where t.job_id = j.id order by t.index) s) as tasks
      from jobs j where ${which}`)
    return rows.map(({ tasks, ...job }) => ({ job, tasks }))
  }
  const holdWorkflow = async (id: string) => (await hold(sql`w.id = ${id}`))[0]

  return {
    holdWorkflow,
    async holdAttempt(agentId, ref) {
      // Sent together, carried out one after the other: the later ones see what was written while the first waited.
      const [[head], identity, [found]] = await Promise.all([
        hold(sql`w.id = (select j.workflow_id from attempts a join tasks t on t.id = a.task_id join jobs j on j.id = t.job_id
          where a.id = ${ref.attemptId})`),
        findAttempt(tx, agentId, ref, true),
        jobsWithTasks(
          sql`j.id = (select t.job_id from attempts a join tasks t on t.id = a.task_id where a.id = ${ref.attemptId})`,
        ),
      ])
      return { head: head!, identity, ...found! }
    },
    async tryAttempts(refs) {
      const ids = refs.map((ref) => ref.attemptId)
      const [heads, identities, found] = await Promise.all([
        hold(
          sql`w.id = any(array(select j.workflow_id from attempts a join tasks t on t.id = a.task_id join jobs j on j.id = t.job_id
            where a.id = any(${ids}::uuid[])))`,
          sql`skip locked`,
        ),
        findAttempts(tx, refs),
        jobsWithTasks(
          sql`j.id = any(array(select t.job_id from attempts a join tasks t on t.id = a.task_id where a.id = any(${ids}::uuid[])))`,
        ),
      ])
      const headOf = new Map(heads.map((head) => [head.workflow.id, head]))
      const foundOf = new Map(found.map((one) => [one.job.id, one]))
      return identities.map((identity) => {
        const head = headOf.get(identity?.workflowId ?? '')
        return identity && head && { head, identity, ...foundOf.get(identity.jobId)! }
      })
    },
    async lockWorkflow(id) {
      const head = await holdWorkflow(id)
      if (head === undefined) return undefined
      const jobs = await tx.rows<JobRow>(
        sql`select ${jobColumns} from jobs j where j.workflow_id = ${id} order by j.position`,
      )
      const tasks = await tx.rows<TaskRow>(
        sql`select ${taskColumns} from tasks t join jobs j on j.id = t.job_id where j.workflow_id = ${id} order by t.index`,
      )
      return { ...head, jobs, tasks, locks: head.hasLocks ? await lockEntries(tx, id) : [] }
    },
    async plansOf(workflowId) {
      const rows = await tx.rows<{ id: string; plan: JobPlan | null }>(
        sql`select id, plan from jobs where workflow_id = ${workflowId}`,
      )
      return new Map(rows.map((row) => [row.id, row.plan]))
    },
    jobWithTasks: async (id) => (await jobsWithTasks(sql`j.id = ${id}`))[0],
    async settle(ended) {
      if (ended.length === 0) return []
      // Written so that every row is found by its key: lists of ids, not joins, and what is still open asked for each job by
      // itself. As a join or as `not exists` the planner may read the requirements of all workflows instead.
      const ids = ended.map((end) => end.jobId)
      const endings = JSON.stringify(Object.fromEntries(ended.map((end) => [end.jobId, end.as])))
      const rows = await tx.rows<JobRow & { refusal: Refusal | null }>(sql`
        with settled as (
          delete from open_requirements r where r.required_id = any(${ids}::uuid[])
          returning r.job_id, case when not r.statuses ? (${endings}::jsonb ->> r.required_id::text) then r.required_id end as refused_by),
        touched as (select job_id, max(refused_by::text) as refused_by from settled group by job_id)
        select ${jobColumns}, case when touched.refused_by is not null then jsonb_build_object(
            'node', (select name from jobs where id = touched.refused_by::uuid), 'ended', ${endings}::jsonb ->> touched.refused_by) end as refusal
        from touched join jobs j on j.id = touched.job_id
        where j.id = any(array(select job_id from touched)) and j.status || '' = 'blocked' and (touched.refused_by is not null or (
          select true from open_requirements o where o.job_id = j.id and not o.required_id = any(${ids}::uuid[]) limit 1) is null)
        order by j.workflow_id, j.position`)
      return rows.map(({ refusal, ...job }) => ({ job, refusal }))
    },
    /** Looks for each of the few statuses there are, so it costs the same for any number of jobs; `limit` keeps it from reading them all. */
    async statusesOf(workflowIds) {
      const rows = await tx.rows<{ id: string; status: JobStatus }>(sql`
        select w.id, known.status from unnest(${[...workflowIds]}::uuid[]) as w(id), unnest(${[...jobStatuses]}::text[]) as known(status),
          lateral (select from jobs j where j.workflow_id = w.id and j.status = known.status limit 1) one`)
      const statuses = new Map<string, JobStatus[]>(workflowIds.map((id) => [id, []]))
      for (const row of rows) statuses.get(row.id)?.push(row.status)
      return statuses
    },
  }
}
