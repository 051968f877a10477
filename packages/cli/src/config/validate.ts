import type { Verb } from '../noun.ts'
import { printJson, printProblems, problemForPrograms } from '../print-problems.ts'
import { checkFlags, compileFile, placeOf } from './compile-file.ts'

export const validateConfig: Verb = {
  name: 'validate',
  usage: 'rondo config validate [FILE]',
  summary: 'check a config; exit code 1 when it has errors',
  flags: {
    config: { type: 'string', short: 'c', value: 'FILE', help: 'the config, as the official program takes it' },
    ...checkFlags,
  },
  async run(call) {
    const { file, source, values, answer } = await compileFile(call)
    const valid = answer.output !== undefined
    if (call.given('json'))
      printJson({ valid, problems: answer.problems.map((problem) => problemForPrograms(problem, file, source)) })
    else {
      printProblems(answer.problems)
      if (valid) process.stdout.write(`Config file at ${file} is valid.\n`)
      if (answer.plan?.workflows.length === 0)
        process.stdout.write(
          `No workflow of it runs on ${placeOf(values)}. --branch, --tag and --value compile it for others.\n`,
        )
    }
    return valid ? 0 : 1
  },
}
