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

/** A problem for programs. Lines and columns are there when the text it is in was at hand where it was found. */
export function problemForPrograms(problem: Problem, file: string, source: string) {
  const { code, severity, message, hint, span, chain, places } = problem
  const here =
    span.file === file ? { start: lineAndColumn(source, span.start), end: lineAndColumn(source, span.end) } : undefined
  const placed = places ?? here
  return {
    code,
    severity,
    message,
    ...(hint === undefined ? {} : { hint }),
    file: span.file,
    // The end is just behind the last character, where an editor ends its underline.
    ...(placed === undefined ? {} : { ...placed.start, end: placed.end }),
    ...(chain === undefined
      ? {}
      : { chain: chain.map(({ kind, name }, index) => ({ kind, name, ...places?.chain[index] })) }),
  }
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`)
}
