import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { type CompileAnswer, createInlineCompiler } from '@rondo/conductor'
import type { PipelineValues } from '@rondo/model'
import { parse } from 'yaml'
import { CallError, type Flag, jsonFlag, type VerbCall } from '../noun.ts'
import { readSource } from '../read-source.ts'
import { lookupFlags, lookupOf } from '../registry/lookup.ts'
import { compileOnServer, organizationFlags, organizationOf } from './compile-on-server.ts'
import { valueFlags, valuesOf } from './pipeline-values.ts'
import { topOf } from './working-copy.ts'

export const checkFlags: Readonly<Record<string, Flag>> = {
  ...valueFlags,
  'pipeline-parameters': { type: 'string', value: 'YAML|FILE', help: 'pipeline parameters, as a map or in a file' },
  ...lookupFlags,
  ...jsonFlag,
  ...organizationFlags,
}

const usualPlace = '.circleci/config.yml'

export interface CompiledFile {
  readonly file: string
  readonly source: string
  /** Of the pipeline it was compiled for. */
  readonly values: PipelineValues
  readonly answer: CompileAnswer
}

/** Compiles the config a call names: a file, or the standard input for `-`. `places` asks for those of the plan. */
export async function compileFile(call: VerbCall, options: { places?: boolean } = {}): Promise<CompiledFile> {
  if (call.arguments.length > 1)
    throw new CallError(`Name one config, not ${call.arguments.length}: ${call.arguments.join(', ')}.`)
  const file = call.arguments[0] ?? call.text('config') ?? findConfig()
  const values = valuesOf(call, file)
  const source = readSource(file)
  const parameters = readParameters(call.text('pipeline-parameters'))
  const organization = organizationOf(call)
  const compileHere = () =>
    createInlineCompiler(lookupOf(call)).compile({
      source,
      file,
      pipelineValues: values,
      pipelineParameters: parameters,
      organizationId: null,
      ...options,
    })
  if (organization === undefined) return { file, source, values, answer: await compileHere() }
  const judged = await compileOnServer(call, { organization, file, source, values, parameters })
  // The server keeps the plan, so that where things come from is found here; what is wrong is for the server to say.
  const needsPlan = options.places === true && judged.output !== undefined
  const here = needsPlan ? await compileHere() : undefined
  const answer =
    here === undefined || here.plan === undefined ? (here ?? judged) : { ...here, problems: judged.problems }
  return { file, source, values, answer }
}

/** Here, or at the top of the working copy. */
function findConfig(): string {
  if (existsSync(usualPlace)) return usualPlace
  const top = topOf(process.cwd())
  const there = top === undefined ? undefined : join(top, usualPlace)
  if (there !== undefined && existsSync(there)) return relative(process.cwd(), there)
  throw new CallError(
    `There is no ${usualPlace} ${top === undefined ? 'here' : `in ${top}`}. Name the config, or - for the standard input.`,
  )
}

/** The branch or tag a config was compiled for, in words. */
export function placeOf(values: PipelineValues): string {
  const tag = values['pipeline.git.tag']
  return tag ? `tag ${tag}` : `branch ${values['pipeline.git.branch']}`
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
