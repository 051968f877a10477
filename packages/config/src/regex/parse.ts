import { anyOf, escapedClass, foldCase, namedClass, not, range } from './char-class.ts'
import type { CharTest, Regex, RegexDialect } from './syntax.ts'
import { NeedsBacktracking, RegexSyntaxError } from './syntax.ts'

const maxNesting = 100
const maxRepeat = 1_000
const controls: Readonly<Record<string, number>> = { t: 9, n: 10, r: 13, f: 12, a: 7, e: 27 }

interface Flags {
  readonly ignoreCase: boolean
  readonly dotAll: boolean
  readonly multiline: boolean
}

/** Reads a pattern by recursive descent. Throws `RegexSyntaxError`. */
export function parseRegex(source: string, dialect: RegexDialect): Regex {
  const parser = new RegexParser(source, dialect)
  return parser.whole()
}

class RegexParser {
  readonly #chars: readonly string[]
  readonly #dialect: RegexDialect
  #at = 0
  #nesting = 0
  #flags: Flags = { ignoreCase: false, dotAll: false, multiline: false }

  constructor(source: string, dialect: RegexDialect) {
    this.#chars = Array.from(source)
    this.#dialect = dialect
  }

  whole(): Regex {
    const regex = this.#choice()
    if (this.#at < this.#chars.length) throw this.#error("unmatched ')'")
    return regex
  }

  #choice(): Regex {
    this.#nesting += 1
    if (this.#nesting > maxNesting) throw this.#error('groups are nested too deeply')
    const options = [this.#sequence()]
    while (this.#take('|')) options.push(this.#sequence())
    this.#nesting -= 1
    return options.length === 1 ? options[0]! : { kind: 'choice', options }
  }

  #sequence(): Regex {
    const parts: Regex[] = []
    while (this.#at < this.#chars.length && this.#peek() !== '|' && this.#peek() !== ')') {
      parts.push(this.#repeated(this.#atom()))
    }
    return parts.length === 1 ? parts[0]! : { kind: 'sequence', parts }
  }

  #repeated(atom: Regex): Regex {
    let body = atom
    for (let count = this.#quantifier(); count !== undefined; count = this.#quantifier()) {
      // Greedy or lazy makes no difference to whether the whole text matches; possessive does.
      if (!this.#take('?') && this.#peek() === '+') throw this.#error('possessive quantifiers are not supported')
      body = { kind: 'repeat', body, min: count.min, max: count.max }
    }
    return body
  }

  #quantifier(): { min: number; max: number } | undefined {
    if (this.#take('*')) return { min: 0, max: Number.POSITIVE_INFINITY }
    if (this.#take('+')) return { min: 1, max: Number.POSITIVE_INFINITY }
    if (this.#take('?')) return { min: 0, max: 1 }
    const counted = /^\{(\d+)(?:(,)(\d*))?\}/.exec(this.#rest(16))
    if (counted === null) return undefined
    this.#at += counted[0].length
    const min = Number(counted[1])
    const max = counted[2] === undefined ? min : counted[3] === '' ? Number.POSITIVE_INFINITY : Number(counted[3])
    if (min > maxRepeat || (max !== Number.POSITIVE_INFINITY && max > maxRepeat))
      throw this.#error('repeat count too large')
    if (max < min) throw this.#error('repeat counts are the wrong way round')
    return { min, max }
  }

  #atom(): Regex {
    const char = this.#next()
    if (char === '(') return this.#group()
    if (char === '[') return this.#class(this.#brackets())
    if (char === '.') return this.#class(this.#dot(), false)
    if (char === '^') return { kind: 'assert', test: this.#flags.multiline ? 'line-start' : 'start' }
    if (char === '$') return { kind: 'assert', test: this.#dollar() }
    if (char === '\\') return this.#escape()
    if (char === '*' || char === '+' || char === '?') throw this.#error(`nothing to repeat before '${char}'`)
    return this.#literal(char)
  }

  #literal(char: string): Regex {
    const code = char.codePointAt(0)!
    return this.#class((other) => other === code)
  }

  #class(test: CharTest, cased = true): Regex {
    return { kind: 'class', test: cased && this.#flags.ignoreCase ? foldCase(test) : test }
  }

  #dot(): CharTest {
    if (this.#flags.dotAll) return () => true
    if (this.#dialect === 're2') return (code) => code !== 10
    return (code) => code !== 10 && code !== 13 && code !== 0x85 && code !== 0x2028 && code !== 0x2029
  }

  #dollar(): 'line-end' | 'end' | 'end-or-newline' {
    if (this.#flags.multiline) return 'line-end'
    return this.#dialect === 're2' ? 'end' : 'end-or-newline'
  }

  #group(): Regex {
    const outer = this.#flags
    if (!this.#take('?')) return this.#groupBody(outer)
    if (this.#take(':')) return this.#groupBody(outer)
    if (this.#take('=')) return this.#look(false, false, outer)
    if (this.#take('!')) return this.#look(false, true, outer)
    if (this.#take('>')) throw this.#error('atomic groups are not supported')
    if (this.#rest(2).startsWith('<=')) return this.#skip(2).#look(true, false, outer)
    if (this.#rest(2).startsWith('<!')) return this.#skip(2).#look(true, true, outer)
    const name = /^P?<[A-Za-z][A-Za-z0-9]*>/.exec(this.#rest(100))
    if (name !== null) return this.#skip(name[0].length).#groupBody(outer)
    return this.#flagGroup(outer)
  }

  #flagGroup(outer: Flags): Regex {
    const flags = /^([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])/.exec(this.#rest(20))
    if (flags === null) throw this.#error('unknown kind of group')
    this.#at += flags[0].length
    this.#flags = this.#withFlags(this.#withFlags(outer, flags[1]!, true), flags[2] ?? '', false)
    // `(?i)` holds to the end of the group it stands in, `(?i:…)` for its own body.
    return flags[3] === ')' ? { kind: 'empty' } : this.#groupBody(outer)
  }

  #withFlags(flags: Flags, letters: string, on: boolean): Flags {
    let result = flags
    for (const letter of letters) {
      if (letter === 'i') result = { ...result, ignoreCase: on }
      else if (letter === 's') result = { ...result, dotAll: on }
      else if (letter === 'm') result = { ...result, multiline: on }
      else if (letter !== 'u' && letter !== 'd' && letter !== 'U') throw this.#error(`unknown flag '${letter}'`)
    }
    return result
  }

  #groupBody(outer: Flags): Regex {
    const body = this.#choice()
    if (!this.#take(')')) throw this.#error("missing ')'")
    this.#flags = outer
    return body
  }

  #look(behind: boolean, negative: boolean, outer: Flags): Regex {
    if (this.#dialect === 're2') throw this.#error('look-around is not supported here')
    return { kind: 'look', behind, negative, body: this.#groupBody(outer) }
  }

  #escape(): Regex {
    const char = this.#next('a pattern may not end with a backslash')
    if (char === 'b') return { kind: 'assert', test: 'word' }
    if (char === 'B') return { kind: 'assert', test: 'not-word' }
    if (char === 'A') return { kind: 'assert', test: 'start' }
    if (char === 'z') return { kind: 'assert', test: 'end' }
    if (char === 'Z') return { kind: 'assert', test: 'end-or-newline' }
    if (char === 'Q') return this.#quoted()
    if (/[1-9k]/.test(char)) throw new NeedsBacktracking('back-references are not supported here', this.#at)
    return this.#class(this.#escapedClass(char))
  }

  #quoted(): Regex {
    const parts: Regex[] = []
    while (this.#at < this.#chars.length && this.#rest(2) !== '\\E') parts.push(this.#literal(this.#next()))
    this.#at = Math.min(this.#at + 2, this.#chars.length)
    return { kind: 'sequence', parts }
  }

  #escapedClass(char: string): CharTest {
    const letter = escapedClass(char)
    if (letter !== undefined) return letter
    if (char === 'p' || char === 'P') return this.#property(char === 'P')
    const code = this.#escapedCode(char)
    return (other) => other === code
  }

  #property(negative: boolean): CharTest {
    const match = /^(?:\{(\^?)([A-Za-z_=]+)\}|([A-Za-z]))/.exec(this.#rest(60))
    const test = match === null ? undefined : namedClass(match[2] ?? match[3]!)
    if (match === null || test === undefined) throw this.#error('unknown character property')
    this.#at += match[0].length
    return negative !== (match[1] === '^') ? not(test) : test
  }

  #escapedCode(char: string): number {
    if (Object.hasOwn(controls, char)) return controls[char]!
    const hex = /^(?:x([0-9A-Fa-f]{2})|x\{([0-9A-Fa-f]{1,6})\}|u([0-9A-Fa-f]{4}))/.exec(char + this.#rest(10))
    if (hex !== null) {
      this.#at += hex[0].length - 1
      return Number.parseInt(hex[1] ?? hex[2] ?? hex[3]!, 16)
    }
    if (/[A-Za-z0-9]/.test(char)) throw this.#error(`unknown escape '\\${char}'`)
    return char.codePointAt(0)!
  }

  #brackets(): CharTest {
    this.#nesting += 1
    if (this.#nesting > maxNesting) throw this.#error('classes are nested too deeply')
    const negative = this.#take('^')
    const operands: CharTest[][] = [[]]
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      if (this.#at >= this.#chars.length) throw this.#error("missing ']'")
      if (this.#rest(2) === '&&') {
        this.#at += 2
        operands.push([])
      } else operands.at(-1)!.push(this.#member())
    }
    this.#at += 1
    this.#nesting -= 1
    const all = operands.filter((tests) => tests.length > 0).map(anyOf)
    const test: CharTest = (code) => all.every((operand) => operand(code))
    return negative ? not(test) : test
  }

  #member(): CharTest {
    const posix = /^\[:(\^?)([a-z]+):\]/.exec(this.#rest(20))
    const posixTest = posix === null ? undefined : namedClass(posix[2]!)
    if (posix !== null && posixTest !== undefined) {
      this.#at += posix[0].length
      return posix[1] === '^' ? not(posixTest) : posixTest
    }
    const char = this.#next()
    if (char === '[' && this.#dialect === 'java') return this.#brackets()
    if (char === '\\') {
      const next = this.#next('a pattern may not end with a backslash')
      if (escapedClass(next) !== undefined || next === 'p' || next === 'P') return this.#escapedClass(next)
      return this.#rangeFrom(this.#escapedCode(next))
    }
    return this.#rangeFrom(char.codePointAt(0)!)
  }

  #rangeFrom(from: number): CharTest {
    const ahead = this.#rest(2)
    if (!ahead.startsWith('-') || ahead === '-]' || ahead.length < 2 || ahead === '-[') return (code) => code === from
    this.#at += 1
    const char = this.#next()
    const to = char === '\\' ? this.#escapedCode(this.#next()) : char.codePointAt(0)!
    if (to < from) throw this.#error('the ends of a range are the wrong way round')
    return range(from, to)
  }

  #peek(): string | undefined {
    return this.#chars[this.#at]
  }

  #rest(length: number): string {
    return this.#chars.slice(this.#at, this.#at + length).join('')
  }

  #skip(length: number): this {
    this.#at += length
    return this
  }

  #take(char: string): boolean {
    if (this.#chars[this.#at] !== char) return false
    this.#at += 1
    return true
  }

  #next(otherwise = 'the pattern ends too early'): string {
    const char = this.#chars[this.#at]
    if (char === undefined) throw this.#error(otherwise)
    this.#at += 1
    return char
  }

  #error(message: string): RegexSyntaxError {
    return new RegexSyntaxError(message, this.#at)
  }
}
