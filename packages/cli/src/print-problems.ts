import type { Problem } from '@rondo/conductor'
import { lineAndColumn } from '@rondo/config'
import { readCliEnv } from './env.ts'
import { painter } from './terminal/paint.ts'
import { paintProblem } from './terminal/paint-problem.ts'

/** Problems for people, on the standard error. */
export function printProblems(problems: readonly Problem[]): void {
  const { decoratedErrors } = readCliEnv()
  const paint = painter(decoratedErrors)
  const width = process.stderr.isTTY ? process.stderr.columns : undefined
  for (const { text } of problems) process.stderr.write(`${paintProblem(text, paint, width)}\n\n`)
}

/** A problem for programs. Lines and columns are there when it is in the source at hand, not in an orb. */
export function problemForPrograms(problem: Problem, file: string, source: string) {
  const { code, severity, message, hint, span, chain } = problem
  const placed = span.file === file
  return {
    code,
    severity,
    message,
    ...(hint === undefined ? {} : { hint }),
    file: span.file,
    ...(placed ? lineAndColumn(source, span.start) : {}),
    // Just behind the last character, where an editor ends its underline.
    ...(placed ? { end: lineAndColumn(source, span.end) } : {}),
    ...(chain === undefined ? {} : { chain: chain.map(({ kind, name }) => ({ kind, name })) }),
  }
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}
