import type { Verb } from '../noun.ts'
import { printJson, printProblems, problemForPrograms } from '../print-problems.ts'
import { checkFlags, compileFile } from './compile-file.ts'

export const processConfig: Verb = {
  name: 'process',
  usage: 'rondo config process [FILE]',
  summary: 'print what a config compiles to',
  flags: checkFlags,
  async run(call) {
    const { file, source, values, answer } = await compileFile(call)
    if (call.given('json'))
      printJson({
        valid: answer.output !== undefined,
        output: answer.output ?? null,
        orbs: answer.plan?.orbs ?? [],
        values,
        problems: answer.problems.map((problem) => problemForPrograms(problem, file, source)),
      })
    else {
      printProblems(answer.problems)
      if (answer.output !== undefined) process.stdout.write(answer.output.replace(/\n?$/, '\n'))
    }
    return answer.output === undefined ? 1 : 0
  },
}
