import { compile, renderDiagnostic } from '@rondo/config'
import type { CompiledConfig, Pipeline, PipelineError, PipelineValues } from '@rondo/model'

export interface ConfigCompilation {
  readonly config: CompiledConfig
  /** Reasons for which there is no plan; empty when there is one. */
  readonly errors: readonly PipelineError[]
  readonly parameters: Pipeline['parameters']
}

/** Compiles a config for one pipeline; mistakes come back as the pipeline shows them. */
export async function compileConfig(
  text: string,
  options: {
    /** Name of the file in messages. */
    readonly file: string
    readonly values: PipelineValues
    readonly parameters: Readonly<Record<string, unknown>>
    /** Whose private orbs may be used. */
    readonly organizationId: string
  },
): Promise<ConfigCompilation> {
  const result = compile(text, {
    file: options.file,
    pipelineValues: options.values,
    pipelineParameters: options.parameters,
  })
  const errors = result.diagnostics
    .filter((diagnostic) => diagnostic.severity === 'error')
    .map((diagnostic): PipelineError => ({ type: 'config', message: renderDiagnostic(diagnostic, text) }))
  return {
    config: {
      source: storable(text),
      compiled: storable(result.output ?? ''),
      plan: errors.length > 0 ? null : (result.plan ?? null),
    },
    errors: errors.map((error) => ({ ...error, message: storable(error.message) })),
    parameters: result.parameters,
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
