import type { TestResult } from '@rondo/model'
import { SaxesParser, type SaxesTagPlain } from 'saxes'

/** Reads test results from JUnit XML; `problem` says why nothing could be read. Never throws, whatever the bytes. */
export function parseJunit(xml: string): { tests: readonly TestResult[]; problem?: string } {
  const tests: TestResult[] = []
  let current: { -readonly [K in keyof TestResult]: TestResult[K] } | undefined
  let inMessage = false
  let sawSuite = false
  const parser = new SaxesParser()
  let problem: string | undefined
  parser.on('error', (error) => {
    problem ??= error.message
  })
  parser.on('opentag', (tag: SaxesTagPlain) => {
    const attributes = tag.attributes as Record<string, string>
    if (tag.name === 'testsuite' || tag.name === 'testsuites') sawSuite = true
    if (tag.name === 'testcase') {
      current = {
        name: attributes.name ?? '',
        classname: attributes.classname ?? '',
        file: attributes.file ?? null,
        result: 'success',
        message: '',
        runTime: Number(attributes.time?.replaceAll(',', '')) || 0,
        source: 'unknown',
      }
    }
    if (current === undefined) return
    const outcome = outcomes[tag.name]
    if (outcome === undefined) return
    current.result = outcome
    current.message = attributes.message ?? ''
    inMessage = true
  })
  const onText = (text: string) => {
    if (current !== undefined && inMessage && current.message.length < 32_000)
      current.message += (current.message ? '\n' : '') + text.trim()
  }
  parser.on('text', onText)
  parser.on('cdata', onText)
  parser.on('closetag', (tag) => {
    if (outcomes[tag.name] !== undefined) inMessage = false
    if (tag.name !== 'testcase' || current === undefined) return
    tests.push(current)
    current = undefined
  })
  try {
    parser.write(xml).close()
  } catch (error) {
    problem ??= error instanceof Error ? error.message : String(error)
  }
  if (problem === undefined && !sawSuite && tests.length === 0) problem = 'it holds no <testsuite>'
  return problem === undefined ? { tests } : { tests: [], problem }
}

const outcomes: Readonly<Record<string, TestResult['result']>> = {
  failure: 'failure',
  error: 'error',
  skipped: 'skipped',
}
