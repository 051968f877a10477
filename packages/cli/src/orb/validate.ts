import { createInlineCompiler } from '@rondo/conductor'
import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson, printProblems, problemForPrograms } from '../print-problems.ts'
import { lookupFlags, lookupOf } from '../registry/lookup.ts'
import { readOrb, tellPackRefused } from './orb-source.ts'

export const validateOrb: Verb = {
  name: 'validate',
  usage: 'rondo orb validate FILE|FOLDER',
  summary: 'check an orb; - reads standard input, a folder is packed first',
  most: 1,
  flags: { ...lookupFlags, ...jsonFlag },
  async run(call) {
    const [path] = call.arguments
    if (path === undefined) throw new CallError('Name the orb: a file, a folder, or - for the standard input.')
    let source: string
    try {
      source = readOrb(path)
    } catch (error) {
      return tellPackRefused(call, error, { valid: false, imports: [] })
    }
    const { problems, imports } = await createInlineCompiler(lookupOf(call)).checkOrb({
      source,
      file: path,
      organizationId: null,
    })
    const valid = !problems.some(({ severity }) => severity === 'error')
    if (call.given('json'))
      printJson({ valid, imports, problems: problems.map((problem) => problemForPrograms(problem, path, source)) })
    else {
      printProblems(problems)
      if (valid) process.stdout.write(`Orb at ${path} is valid.\n`)
    }
    return valid ? 0 : 1
  },
}
