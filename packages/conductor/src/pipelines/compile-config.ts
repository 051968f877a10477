import type { CompiledConfig, Pipeline, PipelineError, PipelineValues, PipelineWarning } from '@rondo/model'
import type { Compiler, Problem } from '../compiler/compiler.ts'

/** More warnings than anybody reads are not worth a pipeline's row. */
const maxWarnings = 50

export interface ConfigCompilation {
  readonly config: CompiledConfig
  /** Reasons for which there is no plan; empty when there is one. */
  readonly errors: readonly PipelineError[]
  readonly warnings: readonly PipelineWarning[]
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
    /** Names of the contexts the project may use. */
    readonly contexts: readonly string[]
  },
): Promise<ConfigCompilation> {
  const { file, values, parameters, organizationId, contexts } = options
  const answer = await compiler.compile(
    {
      source,
      file,
      pipelineValues: values,
      pipelineParameters: parameters,
      organizationId,
      contexts,
    },
    { asker: `organization ${organizationId}` },
  )
  const errors = toldOf(answer.problems, 'error')
  const warnings = toldOf(answer.problems, 'warning').slice(0, maxWarnings)
  return {
    config: {
      source: storable(source),
      compiled: storable(answer.output ?? ''),
      plan: errors.length > 0 ? null : (answer.plan ?? null),
    },
    errors,
    warnings,
    parameters: answer.parameters,
  }
}

function toldOf(problems: readonly Problem[], severity: Problem['severity']) {
  return problems
    .filter((problem) => problem.severity === severity)
    .map((problem) => ({ type: 'config' as const, message: storable(problem.text) }))
}

/** A config that could not even be compiled, with the reason. */
export function uncompiled(source: string, error: PipelineError): ConfigCompilation {
  return {
    config: { source: storable(source), compiled: '', plan: null },
    errors: [error],
    warnings: [],
    parameters: {},
  }
}

/** PostgreSQL's text holds neither NUL nor half a character; a replacement character shows where one stood. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD')
}
