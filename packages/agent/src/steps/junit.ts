import type { TestResult } from '@rondo/model'
import { SaxesParser, type SaxesTagPlain } from 'saxes'

export interface ParsedJunit {
  readonly tests: readonly TestResult[]
  /** Why nothing could be read, or nothing more. */
  readonly problem?: string
}

type Draft = { -readonly [K in keyof TestResult]: TestResult[K] }

/**
 * Reads test results from JUnit XML, in the dialects test runners write: suites in suites, files told by suites and not by
 * their cases, names in namespaces, terminal colours in messages, any declared encoding. What stands whole before the place
 * where a file breaks off counts. Never throws, whatever the bytes.
 */
export function parseJunit(file: string | Uint8Array): ParsedJunit {
  const tests: TestResult[] = []
  /** Of the suites around the place that is read, outermost first. */
  const suites: { readonly name: string; readonly file: string | null }[] = []
  let current: Draft | undefined
  let inMessage = false
  let sawSuite = false
  let problem: string | undefined
  const parser = new SaxesParser()
  parser.on('error', (error) => {
    problem ??= error.message
    // What a parser makes of the rest after a mistake is nobody's result.
    throw error
  })
  parser.on('opentag', (tag: SaxesTagPlain) => {
    const attributes = tag.attributes as Record<string, string>
    const name = localName(tag.name)
    if (name === 'testsuite' || name === 'testsuites') {
      sawSuite = true
      suites.push({ name: attributes.name ?? '', file: attributes.file ?? attributes.filepath ?? null })
    }
    if (name === 'testcase') current = newTest(attributes, suites)
    const outcome = outcomes[name]
    if (current === undefined || outcome === undefined) return
    current.result = outcome
    current.message = attributes.message ?? ''
    inMessage = true
  })
  const onText = (text: string) => {
    if (current === undefined || !inMessage) return
    const part = text.trim()
    if (part !== '' && part !== current.message) current.message += (current.message ? '\n' : '') + part
  }
  parser.on('text', onText)
  parser.on('cdata', onText)
  parser.on('closetag', (tag) => {
    const name = localName(tag.name)
    if (outcomes[name] !== undefined) inMessage = false
    if (name === 'testsuite' || name === 'testsuites') suites.pop()
    if (name !== 'testcase' || current === undefined) return
    tests.push(current)
    current = undefined
  })
  try {
    parser.write(textOf(file)).close()
  } catch (error) {
    problem ??= error instanceof Error ? error.message : String(error)
  }
  if (problem === undefined && !sawSuite && tests.length === 0) problem = 'it holds no <testsuite>'
  return problem === undefined ? { tests } : { tests, problem }
}

const outcomes: Readonly<Record<string, TestResult['result']>> = {
  failure: 'failure',
  error: 'error',
  skipped: 'skipped',
}

/** What Google Test and its kin say of a case that was not run. */
const notRun = new Set(['notrun', 'disabled', 'skipped', 'ignored'])

function newTest(
  attributes: Readonly<Record<string, string>>,
  suites: readonly { readonly name: string; readonly file: string | null }[],
): Draft {
  const seconds = secondsOf(attributes.time ?? '')
  return {
    name: attributes.name ?? '',
    classname: attributes.classname ?? attributes.class ?? suites.at(-1)?.name ?? '',
    file: attributes.file ?? attributes.filepath ?? suites.findLast((suite) => suite.file !== null)?.file ?? null,
    result: notRun.has((attributes.status ?? '').toLowerCase()) ? 'skipped' : 'success',
    message: '',
    runTime: Number.isFinite(seconds) && seconds > 0 ? seconds : 0,
    source: 'unknown',
  }
}

/** Commas part thousands, but where programs speak their machine's language the last one is the decimal point. */
function secondsOf(time: string): number {
  const decimal = /^\d+,\d+$/.test(time) && !/^[1-9]\d{0,2},\d{3}$/.test(time)
  return Number(decimal ? time.replace(',', '.') : time.replaceAll(',', ''))
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}

/** In the encoding its first line declares. Characters XML forbids, which runners write all the same, are replaced. */
function textOf(file: string | Uint8Array): string {
  const text = typeof file === 'string' ? file : decode(file)
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones meant
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd')
      .replace(/&#(x[0-9a-f]{1,8}|\d{1,10});/gi, (reference, number: string) =>
        allowed(Number(/^x/i.test(number) ? `0${number.toLowerCase()}` : number)) ? reference : '\ufffd',
      )
      .replace(/^\ufeff?\s+(?=<\?xml)/, '')
  )
}

function allowed(code: number): boolean {
  if (code < 0x20) return code === 9 || code === 10 || code === 13
  return code <= 0x10_ffff && !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff
}

function decode(bytes: Uint8Array): string {
  const start = Buffer.from(bytes.subarray(0, 200))
  const wide =
    start[0] === 0xff && start[1] === 0xfe
      ? 'utf-16le'
      : start[0] === 0xfe && start[1] === 0xff
        ? 'utf-16be'
        : undefined
  const declared = /^[^>]*encoding=["']([\w.-]+)["']/.exec(start.toString('latin1'))?.[1]
  try {
    return new TextDecoder(wide ?? declared ?? 'utf-8').decode(bytes)
  } catch {
    return new TextDecoder().decode(bytes)
  }
}
