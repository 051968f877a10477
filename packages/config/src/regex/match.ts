import { isWordChar } from './char-class.ts'
import type { Program } from './program.ts'

/** Whether a program accepts exactly the code points from `start` to the end. */
export function matchesWhole(program: Program, text: readonly number[]): boolean {
  return createMatcher(text).run(program, 0, text.length)
}

function createMatcher(text: readonly number[]) {
  const lookResults = new Map<Program, Map<number, boolean>>()

  /** Runs from `start`; with `end`, only a match that ends there counts. */
  function run(program: Program, start: number, end?: number): boolean {
    let current = new Set<number>()
    let accepted = follow(program, 0, start, current)
    if (accepted && (end === undefined || end === start)) return true
    const limit = end ?? text.length
    for (let position = start; position < limit && current.size > 0; position += 1) {
      const next = new Set<number>()
      accepted = false
      for (const index of current) {
        const instruction = program[index]!
        if (instruction.op === 'char' && instruction.test(text[position]!)) {
          accepted = follow(program, index + 1, position + 1, next) || accepted
        }
      }
      if (accepted && (end === undefined || position + 1 === end)) return true
      current = next
    }
    return false
  }

  /** Adds every state reachable without reading; returns whether the accepting one is among them. */
  function follow(program: Program, from: number, position: number, states: Set<number>): boolean {
    const pending = [from]
    let accepted = false
    while (pending.length > 0) {
      const index = pending.pop()!
      if (states.has(index)) continue
      states.add(index)
      const instruction = program[index]!
      if (instruction.op === 'jump') pending.push(instruction.target)
      else if (instruction.op === 'split') pending.push(instruction.second, instruction.first)
      else if (instruction.op === 'assert' && holds(instruction.test, position)) pending.push(index + 1)
      else if (instruction.op === 'look' && look(instruction, position)) pending.push(index + 1)
      accepted ||= instruction.op === 'match'
    }
    return accepted
  }

  function look(instruction: { behind: boolean; negative: boolean; program: Program }, position: number): boolean {
    const known = lookResults.get(instruction.program) ?? new Map<number, boolean>()
    lookResults.set(instruction.program, known)
    let found = known.get(position)
    if (found === undefined) {
      found = instruction.behind ? matchesBefore(instruction.program, position) : run(instruction.program, position)
      known.set(position, found)
    }
    return found !== instruction.negative
  }

  function matchesBefore(program: Program, position: number): boolean {
    for (let start = position; start >= 0; start -= 1) if (run(program, start, position)) return true
    return false
  }

  function holds(test: string, position: number): boolean {
    const last = text.length
    const newlineAt = (index: number) => text[index] === 10
    switch (test) {
      case 'start':
        return position === 0
      case 'end':
        return position === last
      case 'end-or-newline':
        return position === last || (position === last - 1 && newlineAt(position))
      case 'line-start':
        return position === 0 || newlineAt(position - 1)
      case 'line-end':
        return position === last || newlineAt(position)
      default:
        return (wordAt(position - 1) !== wordAt(position)) === (test === 'word')
    }
  }

  function wordAt(position: number): boolean {
    const code = text[position]
    return code !== undefined && isWordChar(code)
  }

  return { run }
}
