import type { Insights, JobRun, RunFilter, WorkflowRun } from '@rondo/model'
import sql, { empty, join, type Sql } from 'sql-template-tag'
import type { Database } from './database.ts'

const maxBranches = 5_000

/** Reads over what has run in a project. */
export function createInsights(database: Database): Insights {
  return {
    workflowRuns: (filter, limit) =>
      database.rows<WorkflowRun>(sql`
        select w.id, w.name, pl.git->>'branch' as branch, w.status, w.created_at as "createdAt", w.stopped_at as "stoppedAt"
        from workflows w join pipelines pl on pl.id = w.pipeline_id where ${conditions(filter)}
        order by w.created_at desc, w.id desc limit ${limit}`),
    jobRuns: (filter, limit) =>
      database.rows<JobRun>(sql`
        select j.name, j.status, j.created_at as "createdAt", j.started_at as "startedAt", j.stopped_at as "stoppedAt"
        from workflows w join pipelines pl on pl.id = w.pipeline_id join jobs j on j.workflow_id = w.id
        where ${conditions(filter)} and j.number is not null and j.kept_from is null
        order by w.created_at desc, j.position limit ${limit}`),
    async branches(projectId, workflow) {
      const named = workflow === undefined ? empty : sql`and w.name = ${workflow}`
      const rows = await database.rows<{ branch: string }>(sql`
        select distinct pl.git->>'branch' as branch from workflows w join pipelines pl on pl.id = w.pipeline_id
        where w.project_id = ${projectId} and pl.git->>'branch' is not null ${named} order by branch limit ${maxBranches}`)
      return rows.map((row) => row.branch)
    },
  }
}

function conditions(filter: RunFilter): Sql {
  const parts = [
    sql`w.project_id = ${filter.projectId}`,
    sql`w.created_at >= ${filter.since}`,
    sql`w.created_at < ${filter.until}`,
  ]
  if (filter.branch !== undefined) parts.push(sql`pl.git->>'branch' = ${filter.branch}`)
  if (filter.workflow !== undefined) parts.push(sql`w.name = ${filter.workflow}`)
  return join(parts, ' and ')
}
