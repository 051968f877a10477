import type { CharTest, Regex } from './syntax.ts'
import { RegexSyntaxError } from './syntax.ts'

/** One instruction of a compiled pattern; targets are indexes into the program. */
export type Instruction =
  | { readonly op: 'char'; readonly test: CharTest }
  | { readonly op: 'split'; first: number; second: number }
  | { readonly op: 'jump'; target: number }
  | { readonly op: 'assert'; readonly test: Extract<Regex, { kind: 'assert' }>['test'] }
  | { readonly op: 'look'; readonly behind: boolean; readonly negative: boolean; readonly program: Program }
  | { readonly op: 'match' }

export type Program = readonly Instruction[]

const maxInstructions = 20_000

/** Turns a pattern into a program for a breadth-first matcher, whose time is bounded by text length x program length. */
export function compileProgram(regex: Regex): Program {
  const budget = { left: maxInstructions }
  return compileWith(regex, budget)
}

function compileWith(regex: Regex, budget: { left: number }): Program {
  const program: Instruction[] = []
  emit(regex, program, budget)
  program.push({ op: 'match' })
  return program
}

function emit(regex: Regex, program: Instruction[], budget: { left: number }): void {
  budget.left -= 1
  if (budget.left < 0) throw new RegexSyntaxError('the pattern is too large', 0)
  switch (regex.kind) {
    case 'empty':
      return
    case 'class':
      program.push({ op: 'char', test: regex.test })
      return
    case 'sequence':
      for (const part of regex.parts) emit(part, program, budget)
      return
    case 'choice':
      emitChoice(regex.options, program, budget)
      return
    case 'repeat':
      emitRepeat(regex.body, regex.min, regex.max, program, budget)
      return
    case 'assert':
      program.push({ op: 'assert', test: regex.test })
      return
    case 'look':
      program.push({
        op: 'look',
        behind: regex.behind,
        negative: regex.negative,
        program: compileWith(regex.behind ? regex.body : backwards(regex.body), budget),
      })
  }
}

/** The same pattern for a text read from its end; what is asserted at a position stays as it is. */
function backwards(regex: Regex): Regex {
  switch (regex.kind) {
    case 'sequence':
      return { kind: 'sequence', parts: regex.parts.toReversed().map(backwards) }
    case 'choice':
      return { kind: 'choice', options: regex.options.map(backwards) }
    case 'repeat':
      return { ...regex, body: backwards(regex.body) }
    default:
      return regex
  }
}

function emitChoice(options: readonly Regex[], program: Instruction[], budget: { left: number }): void {
  const jumps: { op: 'jump'; target: number }[] = []
  options.forEach((option, index) => {
    if (index === options.length - 1) {
      emit(option, program, budget)
      return
    }
    const split = { op: 'split' as const, first: program.length + 1, second: 0 }
    program.push(split)
    emit(option, program, budget)
    const jump = { op: 'jump' as const, target: 0 }
    program.push(jump)
    jumps.push(jump)
    split.second = program.length
  })
  for (const jump of jumps) jump.target = program.length
}

function emitRepeat(body: Regex, min: number, max: number, program: Instruction[], budget: { left: number }): void {
  for (let count = 0; count < min; count += 1) emit(body, program, budget)
  if (max === Number.POSITIVE_INFINITY) {
    const split = { op: 'split' as const, first: program.length + 1, second: 0 }
    const start = program.length
    program.push(split)
    emit(body, program, budget)
    program.push({ op: 'jump', target: start })
    split.second = program.length
    return
  }
  const splits: { op: 'split'; first: number; second: number }[] = []
  for (let count = min; count < max; count += 1) {
    const split = { op: 'split' as const, first: program.length + 1, second: 0 }
    splits.push(split)
    program.push(split)
    emit(body, program, budget)
  }
  for (const split of splits) split.second = program.length
}
