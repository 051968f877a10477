import { isWordChar } from './char-class.ts'
import type { Instruction, Program } from './program.ts'

/**
 * Whether a program accepts exactly the whole text. Time grows with text length x program length: each part of the program
 * is run over the text once, look-around included.
 */
export function matchesWhole(program: Program, text: readonly number[]): boolean {
  return createMatcher(text).endsAt(program)[text.length] === 1
}

type Look = Extract<Instruction, { op: 'look' }>

function createMatcher(text: readonly number[]) {
  const looks = new Map<Look, Uint8Array>()

  /** The positions at which a match that begins at 0 may end. */
  function endsAt(program: Program): Uint8Array {
    return sweep(program, { backward: false, everywhere: false })
  }

  /**
   * For a look-around, the positions at which it holds. What is looked for behind is followed from every position at
   * once, and what is looked for ahead likewise from the end of the text, its program being made backwards.
   */
  function holdsAt(look: Look): Uint8Array {
    const known = looks.get(look)
    if (known !== undefined) return known
    const found = sweep(look.program, { backward: !look.behind, everywhere: true })
    looks.set(look, found)
    return found
  }

  /** Moves all states over the text together; tells at which positions the accepting one was among them. */
  function sweep(program: Program, way: { readonly backward: boolean; readonly everywhere: boolean }): Uint8Array {
    const accepted = new Uint8Array(text.length + 1)
    const seen = new Int32Array(program.length).fill(-1)
    let current: number[] = []
    for (let moved = 0; moved <= text.length; moved += 1) {
      const position = way.backward ? text.length - moved : moved
      const next: number[] = []
      if (moved === 0 || way.everywhere) follow(program, 0, position, next, seen, accepted)
      const read = text[way.backward ? position : position - 1]
      for (const index of current) {
        const instruction = program[index]!
        if (instruction.op === 'char' && instruction.test(read!))
          follow(program, index + 1, position, next, seen, accepted)
      }
      if (next.length === 0 && !way.everywhere) break
      current = next
    }
    return accepted
  }

  /** Adds every state reachable without reading; those that read are collected. */
  function follow(
    program: Program,
    from: number,
    position: number,
    states: number[],
    seen: Int32Array,
    accepted: Uint8Array,
  ): void {
    const pending = [from]
    while (pending.length > 0) {
      const index = pending.pop()!
      if (seen[index] === position) continue
      seen[index] = position
      const instruction = program[index]!
      if (instruction.op === 'char') states.push(index)
      else if (instruction.op === 'jump') pending.push(instruction.target)
      else if (instruction.op === 'split') pending.push(instruction.second, instruction.first)
      else if (instruction.op === 'match') accepted[position] = 1
      else if (instruction.op === 'assert' ? holds(instruction.test, position) : looksRight(instruction, position))
        pending.push(index + 1)
    }
  }

  function looksRight(look: Look, position: number): boolean {
    return (holdsAt(look)[position] === 1) !== look.negative
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

  return { endsAt }
}
