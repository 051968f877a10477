import type { EngineTransaction, PipelineInSetup } from '@rondo/model'
import type { MemoryDatabase, Work } from './memory-database.ts'
import { type Effect, required } from './memory-identity.ts'
import type { PipelineRow } from './memory-rows.ts'

type PipelineWrites = Pick<
  EngineTransaction,
  'createPipeline' | 'lockPipeline' | 'acceptContinuation' | 'finishContinuation'
>

/** Writes of a pipeline and its configs in memory. */
export function memoryPipelineWrites(database: MemoryDatabase, work: Work, effect: Effect): PipelineWrites {
  async function change(id: string, update: (row: PipelineRow) => PipelineRow): Promise<void> {
    const cell = required(database.pipelines.get(id), 'pipeline', id)
    const row = await work.lock(cell)
    if (row !== undefined) work.write(cell, { ...update(row), updatedAt: new Date(work.now) })
  }

  return {
    async createPipeline({ config, values, given, ...pipeline }) {
      await effect('create a pipeline')
      const now = new Date(work.now)
      const shown = { ...pipeline, createdAt: now, updatedAt: now, triggeredAt: now }
      work.insert<PipelineRow>('pipelines', database.pipelines, pipeline.id, {
        ...shown,
        setupSource: config.setup?.source ?? '',
        values: values ?? {},
        given: given ?? {},
        continuation: null,
      })
      return shown
    },
    async lockPipeline(id) {
      await effect('lock a pipeline')
      const cell = database.pipelines.get(id)
      if (cell !== undefined) await work.lock(cell)
      return pipelineInSetup(database, work, id)
    },
    async acceptContinuation(id, continuation) {
      await effect('accept a continuation')
      await change(id, (row) => ({ ...row, state: 'pending', continuation }))
    },
    async finishContinuation(id, { state, errors, warnings, parameters }) {
      await effect('finish a continuation')
      await change(id, (row) => ({ ...row, state, errors, warnings, parameters, continuation: null }))
    },
  }
}

export function pipelineInSetup(database: MemoryDatabase, work: Work, id: string): PipelineInSetup | undefined {
  const row = work.read(database.pipelines.get(id))
  if (row === undefined) return undefined
  const { setupSource, values, given, continuation, ...pipeline } = row
  const project = required(work.read(database.projects.get(row.projectId)), 'project', row.projectId)
  const ageMs = work.now - row.createdAt.getTime()
  return { pipeline, organizationId: project.organizationId, ageMs, setupSource, values, given, continuation }
}
