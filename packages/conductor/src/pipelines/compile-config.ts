import type { CompiledConfig, Pipeline, PipelineError, PipelineValues } from '@rondo/model'
import type { Compiler } from '../compiler/compiler.ts'

export interface ConfigCompilation {
  readonly config: CompiledConfig
  /** Reasons for which there is no plan; empty when there is one. */
  readonly errors: readonly PipelineError[]
  readonly parameters: Pipeline['parameters']
}

/** Compiles a config for one pipeline; mistakes come back as the pipeline shows them. */
export async function compileConfig(
  compiler: Compiler,
  source: string,
  options: {
    /** Name of the file in messages. */
    readonly file: string
    readonly values: PipelineValues
    readonly parameters: Readonly<Record<string, unknown>>
    /** Whose private orbs may be used. */
    readonly organizationId: string
  },
): Promise<ConfigCompilation> {
  const { file, values, parameters, organizationId } = options
  const answer = await compiler.compile({
    source,
    file,
    pipelineValues: values,
    pipelineParameters: parameters,
    organizationId,
  })
  const errors = answer.problems
    .filter((problem) => problem.severity === 'error')
    .map((problem): PipelineError => ({ type: 'config', message: storable(problem.text) }))
  return {
    config: {
      source: storable(source),
      compiled: storable(answer.output ?? ''),
      plan: errors.length > 0 ? null : (answer.plan ?? null),
    },
    errors,
    parameters: answer.parameters,
  }
}

/** A config that could not even be compiled, with the reason. */
export function uncompiled(source: string, error: PipelineError): ConfigCompilation {
  return { config: { source: storable(source), compiled: '', plan: null }, errors: [error], parameters: {} }
}

/** PostgreSQL's text holds neither NUL nor half a character; a replacement character shows where one stood. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}
