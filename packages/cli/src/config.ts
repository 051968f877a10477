import { readFileSync } from 'node:fs'
import { compile, renderDiagnostic } from '@rondo/config'

/** Values a config sees when there is no pipeline (semantics 8). */
const localValues = {
  'pipeline.id': '00000000-0000-0000-0000-000000000001',
  'pipeline.number': 1,
  'pipeline.project.type': 'github',
  'pipeline.git.branch': 'main',
  'pipeline.git.branch.is_default': false,
  'pipeline.trigger_source': 'webhook',
}

function read(file = '.circleci/config.yml') {
  const source = readFileSync(file === '-' ? 0 : file, 'utf8')
  const result = compile(source, { file, pipelineValues: localValues })
  for (const diagnostic of result.diagnostics) process.stderr.write(`${renderDiagnostic(diagnostic, source)}\n\n`)
  return { file, result }
}

function attempt(run: () => number): number {
  try {
    return run()
  } catch (error) {
    process.stderr.write(`The config cannot be read: ${error instanceof Error ? error.message : String(error)}\n`)
    return 2
  }
}

export async function validateConfig(path?: string): Promise<number> {
  return attempt(() => {
    const { file, result } = read(path)
    if (result.plan === undefined) return 1
    process.stdout.write(`Config file at ${file} is valid.\n`)
    return 0
  })
}

export async function processConfig(path?: string): Promise<number> {
  return attempt(() => {
    const { result } = read(path)
    if (result.output === undefined) return 1
    process.stdout.write(result.output)
    return 0
  })
}
