import type { EngineTransaction, NewEvent } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'

interface StepKey {
  readonly attemptId: string
  readonly index: number
}

const keyOf = ({ attemptId, index }: StepKey) => `${attemptId}/${index}`

/** Writes of one transaction; see the port for what each means. However many steps there are, each is one statement. */
export function stepWrites(tx: Runner): Pick<EngineTransaction, 'startSteps' | 'finishSteps' | 'stepScope'> {
  return {
    async startSteps(steps) {
      if (steps.length === 0) return []
      const rows = lastOfEach(steps.toReversed())
      return idsOf(
        steps,
        await tx.rows<StepKey & { id: string }>(sql`
          insert into steps (id, attempt_id, task_index, index, name, type, command, background, started_at)
          select * from unnest(${rows.map((step) => step.id)}::uuid[], ${rows.map((step) => step.attemptId)}::uuid[], ${rows.map((step) => step.taskIndex)}::int[],
            ${rows.map((step) => step.index)}::int[], ${rows.map((step) => step.name)}::text[], ${rows.map((step) => step.type)}::text[],
            ${rows.map((step) => step.command)}::text[], ${rows.map((step) => step.background)}::bool[], ${rows.map((step) => step.at)}::timestamptz[])
          on conflict (attempt_id, index) do update set name = excluded.name returning id, attempt_id as "attemptId", index`),
      ).map((id) => id!)
    },
    async finishSteps(steps) {
      if (steps.length === 0) return []
      const rows = lastOfEach(steps)
      const attempts = rows.map((step) => step.attemptId)
      return idsOf(
        steps,
        // The attempts once more as a list: rows are then looked up one by one, whatever plan is kept.
        await tx.rows<StepKey & { id: string }>(sql`
          update steps s set phase = 'finished', result = e.result, exit_code = e.exit_code, output_bytes = e.bytes, output_sha256 = e.sha256,
            truncated = e.truncated, finished_at = e.at, reruns = e.reruns
          from unnest(${attempts}::uuid[], ${rows.map((step) => step.index)}::int[], ${rows.map((step) => step.result)}::text[], ${rows.map((step) => step.exitCode)}::int[],
            ${rows.map((step) => step.outputBytes)}::bigint[], ${rows.map((step) => step.outputSha256)}::text[], ${rows.map((step) => step.truncated)}::bool[],
            ${rows.map((step) => step.at)}::timestamptz[], ${rows.map((step) => step.reruns ?? 0)}::int[])
            as e(attempt_id, index, result, exit_code, bytes, sha256, truncated, at, reruns)
          where s.attempt_id = e.attempt_id and s.index = e.index and s.attempt_id = any(${attempts}::uuid[])
          returning s.id, s.attempt_id as "attemptId", s.index`),
      )
    },
    stepScope: async (stepId) =>
      (
        await tx.rows<Omit<NewEvent, 'kind'>>(sql`
          select t.organization_id as "organizationId", t.project_id as "projectId", w.pipeline_id as "pipelineId", w.id as "workflowId", j.id as "jobId"
          from steps s join attempts a on a.id = s.attempt_id join tasks t on t.id = a.task_id join jobs j on j.id = t.job_id
            join workflows w on w.id = j.workflow_id where s.id = ${stepId}`)
      )[0],
  }
}

/** One statement cannot write a row twice. */
function lastOfEach<Step extends StepKey>(steps: readonly Step[]): readonly Step[] {
  return [...new Map(steps.map((step) => [keyOf(step), step])).values()]
}

function idsOf(
  steps: readonly StepKey[],
  rows: readonly (StepKey & { readonly id: string })[],
): readonly (string | undefined)[] {
  const ids = new Map(rows.map((row) => [keyOf(row), row.id]))
  return steps.map((step) => ids.get(keyOf(step)))
}
