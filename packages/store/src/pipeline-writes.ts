import type { CompiledConfig, EngineTransaction, PipelineInSetup } from '@rondo/model'
import sql, { empty, type Sql } from 'sql-template-tag'
import type { Runner } from './database.ts'
import { type PipelineRow, pipelineColumns } from './rows.ts'

type PipelineWrites = Pick<
  EngineTransaction,
  'createPipeline' | 'lockPipeline' | 'acceptContinuation' | 'finishContinuation'
>

const json = (value: unknown): Sql => sql`${JSON.stringify(value)}::jsonb`
const planOf = (config: CompiledConfig | null | undefined): Sql =>
  config == null || config.plan === null ? sql`null` : json(config.plan)

/** Writes of a pipeline and its configs; see the port for what each means. */
export function pipelineWrites(tx: Runner): PipelineWrites {
  return {
    async createPipeline(pipeline) {
      const { config } = pipeline
      const rows = await tx.rows<PipelineRow>(sql`
        with pl as (insert into pipelines (id, project_id, number, state, errors, warnings, trigger, triggered_by, git, parameters)
          values (${pipeline.id}, ${pipeline.projectId}, ${pipeline.number}, ${pipeline.state}, ${json(pipeline.errors)}, ${json(pipeline.warnings)}, ${pipeline.trigger}, ${pipeline.triggeredBy},
            ${json(pipeline.git)}, ${json(pipeline.parameters)}) returning *),
        configured as (insert into pipeline_configs (pipeline_id, source, compiled, plan, setup_source, setup_compiled, setup_plan, pipeline_values, given_parameters)
          values (${pipeline.id}, ${config.source}, ${config.compiled}, ${planOf(config)}, ${config.setup?.source ?? null}, ${config.setup?.compiled ?? null},
            ${planOf(config.setup)}, ${json(pipeline.values ?? {})}, ${json(pipeline.given ?? {})}))
        select ${pipelineColumns} from pl`)
      const created = rows[0]!
      await recordOrbs(tx, created.id, config)
      await recordOrbs(tx, created.id, config.setup)
      return created
    },
    lockPipeline: (id) => readPipelineInSetup(tx, id, sql`for update of pl`),
    async acceptContinuation(pipelineId, continuation) {
      await tx.rows(sql`update pipelines set state = 'pending', updated_at = now() where id = ${pipelineId}`)
      await tx.rows(
        sql`update pipeline_configs set continuation = ${json(continuation)} where pipeline_id = ${pipelineId}`,
      )
    },
    async finishContinuation(pipelineId, end) {
      await tx.rows(sql`
        update pipelines set state = ${end.state}, errors = ${json(end.errors)}, warnings = ${json(end.warnings)}, parameters = ${json(end.parameters)}, updated_at = now()
        where id = ${pipelineId}`)
      await tx.rows(sql`
        update pipeline_configs set source = ${end.config.source}, compiled = ${end.config.compiled}, plan = ${planOf(end.config)}, continuation = null
        where pipeline_id = ${pipelineId}`)
      await recordOrbs(tx, pipelineId, end.config)
    },
  }
}

/** What a pipeline was compiled with, for audit and statistics; its reruns run the stored plan. */
async function recordOrbs(tx: Runner, pipelineId: string, config: CompiledConfig | null | undefined): Promise<void> {
  const orbs = config?.plan?.orbs ?? []
  if (orbs.length === 0) return
  await tx.rows(sql`
    insert into pipeline_orbs (pipeline_id, reference, resolved, digest)
    select ${pipelineId}, o.reference, o.resolved, o.digest
    from jsonb_to_recordset(${json(orbs)}) as o(reference text, resolved text, digest text)
    on conflict do nothing`)
}

/** Undefined when there is no such pipeline. */
export async function readPipelineInSetup(
  runner: Runner,
  id: string,
  lock: Sql = empty,
): Promise<PipelineInSetup | undefined> {
  const [row] = await runner.rows<PipelineRow & Omit<PipelineInSetup, 'pipeline'>>(sql`
    select ${pipelineColumns}, p.organization_id as "organizationId", (extract(epoch from now() - pl.created_at) * 1000)::float8 as "ageMs",
      coalesce(c.setup_source, '') as "setupSource", c.pipeline_values as values, c.given_parameters as given, c.continuation
    from pipelines pl join projects p on p.id = pl.project_id join pipeline_configs c on c.pipeline_id = pl.id where pl.id = ${id} ${lock}`)
  if (row === undefined) return undefined
  const { organizationId, ageMs, setupSource, values, given, continuation, ...pipeline } = row
  return { pipeline, organizationId, ageMs, setupSource, values, given, continuation }
}
