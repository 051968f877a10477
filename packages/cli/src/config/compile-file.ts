import { type CompileAnswer, createInlineCompiler } from '@rondo/conductor'
import { parse } from 'yaml'
import { CallError, type Flag, jsonFlag, type VerbCall } from '../noun.ts'
import { readSource } from '../read-source.ts'
import { lookupFlags, lookupOf } from '../registry/lookup.ts'

/** Values a config sees when there is no pipeline (semantics 8). */
const localValues = {
  'pipeline.id': '00000000-0000-0000-0000-000000000001',
  'pipeline.number': 1,
  'pipeline.project.type': 'github',
  'pipeline.git.branch': 'main',
  'pipeline.git.branch.is_default': false,
  'pipeline.trigger_source': 'webhook',
}

export const compileFlags: Readonly<Record<string, Flag>> = {
  ...lookupFlags,
  'pipeline-parameters': { type: 'string', value: 'YAML|FILE', help: 'pipeline parameters, as a map or in a file' },
  ...jsonFlag,
}

export interface CompiledFile {
  readonly file: string
  readonly source: string
  readonly answer: CompileAnswer
}

/** Compiles the config a call names: a file, or the standard input for `-`. */
export async function compileFile(call: VerbCall): Promise<CompiledFile> {
  if (call.arguments.length > 1) throw new CallError('Name one config.')
  const file = call.arguments[0] ?? '.circleci/config.yml'
  const source = readSource(file)
  const answer = await createInlineCompiler(lookupOf(call)).compile({
    source,
    file,
    pipelineValues: localValues,
    pipelineParameters: readParameters(call.text('pipeline-parameters')),
    organizationId: null,
  })
  return { file, source, answer }
}

function readParameters(given: string | undefined): Readonly<Record<string, unknown>> {
  if (given === undefined) return {}
  const inline = /[:{]/.test(given)
  const value: unknown = parseYaml(inline ? given : readSource(given))
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>
  throw new CallError("The pipeline parameters are no map. Write '{name: value}', or name a file with such a map.")
}

function parseYaml(text: string): unknown {
  try {
    return parse(text)
  } catch {
    return undefined
  }
}
