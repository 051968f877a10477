import { parseArgs } from 'node:util'
import { runCircleci } from './circleci/run.ts'

/** Suites that run somebody else's program against a server of ours: only where somebody has it, and asks for it. */
const suites: Readonly<Record<string, (options: { bin: string; record?: string }) => Promise<boolean>>> = {
  circleci: runCircleci,
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { bin: { type: 'string' }, record: { type: 'string' } },
})
const suite = suites[positionals[0] ?? '']
if (suite === undefined || values.bin === undefined) {
  process.stderr.write(
    `usage: npm run live -- ${Object.keys(suites).join('|')} --bin PATH [--record FILE]\n\n  --bin PATH     the program to run\n  --record FILE  writes down what it asked and what was answered, for the contract tests\n`,
  )
  process.exitCode = 2
} else {
  const { bin, record } = values
  process.exitCode = (await suite({ bin, ...(record === undefined ? {} : { record }) })) ? 0 : 1
}
