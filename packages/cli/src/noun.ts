import { parseArgs } from 'node:util'
import { AppError } from '@rondo/model'
import { withoutParserAdvice } from './parser-advice.ts'
import { unknownWord } from './unknown-word.ts'

/** A flag as `parseArgs` knows it, with what help says of it. */
export interface Flag {
  readonly type: 'string' | 'boolean'
  readonly short?: string
  readonly multiple?: boolean
  /** What stands for its value in help, such as `FOLDER`. */
  readonly value?: string
  readonly help: string
}

export interface VerbCall {
  readonly arguments: readonly string[]
  text(flag: string): string | undefined
  texts(flag: string): readonly string[]
  given(flag: string): boolean
}

/** What is done with a noun: `rondo NOUN VERB …`. */
export interface Verb {
  /** One word, or several of what the noun has. */
  readonly name: string
  /** Its arguments, as help shows them. */
  readonly usage: string
  readonly summary: string
  /** How many arguments it takes; left out: as many as there are. */
  readonly most?: number
  readonly flags: Readonly<Record<string, Flag>>
  /** Answers the exit code: 0 done, 1 it failed, 2 the call was wrong. */
  run(call: VerbCall): Promise<number>
}

/** Says on the standard error what is wrong with a call, or with what it needs from outside. */
export class CallError extends Error {
  /** 1: it failed; 2: the call was wrong. */
  readonly exit: 1 | 2

  constructor(message: string, exit: 1 | 2 = 2) {
    super(message)
    this.name = 'CallError'
    this.exit = exit
  }
}

/** `json` is what every verb has. */
export const jsonFlag: Readonly<Record<'json', Flag>> = {
  json: { type: 'boolean', help: 'print JSON for programs' },
}

export async function runVerb(noun: string, verbs: readonly Verb[], args: readonly string[]): Promise<number> {
  const verb = verbs.find(({ name }) => name.split(' ').every((word, position) => word === args[position]))
  if (verb === undefined) {
    const names = verbs.map(({ name }) => name)
    process.stderr.write(`${unknownWord(noun, wordsOf(args, names), names)}\n`)
    return 2
  }
  try {
    return await verb.run(readCall(verb, args.slice(verb.name.split(' ').length)))
  } catch (error) {
    if (!(error instanceof CallError) && !(error instanceof AppError)) throw error
    // A noun with one verb of its name is called by it alone.
    const called = noun === verb.name ? noun : `${noun} ${verb.name}`
    process.stderr.write(`rondo ${called}: ${error.message}\n`)
    return error instanceof CallError ? error.exit : 1
  }
}

/** What was called as a verb: one word, or as many as the verbs have that begin with it. */
function wordsOf(args: readonly string[], names: readonly string[]): string {
  const most = Math.max(
    1,
    ...names.filter((name) => name.split(' ')[0] === args[0]).map((name) => name.split(' ').length),
  )
  return args.slice(0, most).join(' ')
}

function readCall(verb: Verb, args: readonly string[]): VerbCall {
  const { values, positionals } = parse(verb, args)
  const { most = Number.POSITIVE_INFINITY } = verb
  if (positionals.length > most)
    throw new CallError(`"${positionals.slice(most).join(' ')}" is too much for one call.\nusage: ${verb.usage}`)
  return {
    arguments: positionals,
    text: (flag) => (typeof values[flag] === 'string' ? values[flag] : undefined),
    texts: (flag) => (Array.isArray(values[flag]) ? values[flag].map(String) : []),
    given: (flag) => values[flag] === true,
  }
}

function parse(verb: Verb, args: readonly string[]) {
  const options = Object.fromEntries(
    Object.entries(verb.flags).map(([name, { type, short, multiple }]) => [
      name,
      { type, ...(short === undefined ? {} : { short }), ...(multiple === undefined ? {} : { multiple }) },
    ]),
  )
  try {
    return parseArgs({ args: numbersAsValues(args, verb.flags), options, allowPositionals: true })
  } catch (error) {
    throw new CallError(`${withoutParserAdvice(error)}\nusage: ${verb.usage}`)
  }
}

/** `-1` is a number, which the verb refuses in its own words, and no flag. */
function numbersAsValues(args: readonly string[], flags: Verb['flags']): string[] {
  if (args.includes('--')) return [...args]
  const [rest, numbers]: [string[], string[]] = [[], []]
  for (const [position, arg] of args.entries()) {
    const before = args[position - 1] ?? ''
    if (!/^-\d/.test(arg)) rest.push(arg)
    else if (before.startsWith('--') && flags[before.slice(2)]?.type === 'string')
      rest.splice(-1, 1, `${before}=${arg}`)
    else numbers.push(arg)
  }
  return numbers.length === 0 ? rest : [...rest, '--', ...numbers]
}

/** The verbs and their flags, for `rondo help NOUN`. */
export function describeVerbs(verbs: readonly Verb[]): string {
  return verbs
    .map(({ usage, summary, flags }) => {
      const lines = Object.entries(flags).map(([name, { value, help }]) => {
        const shown = value === undefined ? `--${name}` : `--${name} ${value}`
        const text = wrapped(help, 31)
        return shown.length > 24 ? `      ${shown}\n${' '.repeat(31)}${text}` : `      ${shown.padEnd(24)} ${text}`
      })
      return [`  ${usage}`, `      ${wrapped(summary, 6)}`, ...lines].join('\n')
    })
    .join('\n\n')
}

const helpWidth = 80

/** Words in lines that fit a terminal of the usual width, those after the first set in. */
function wrapped(text: string, indent: number): string {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    if (line !== '' && indent + line.length + 1 + word.length > helpWidth) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines.join(`\n${' '.repeat(indent)}`)
}
