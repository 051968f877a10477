import { existsSync, readFileSync } from 'node:fs'

/** How one run of vitest ended. */
export interface SuiteReport {
  readonly title: string
  /** Whether vitest was content: no test failed, no file was broken, nothing was left unhandled. */
  readonly good: boolean
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  /** What was not tested, and why: titles of skipped tests, and of those that say what they leave out. */
  readonly leftOut: readonly string[]
}

interface TestReport {
  readonly status: string
  readonly title: string
  readonly fullName: string
}

interface VitestReport {
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly TestReport[] }[]
}

/** Reads what vitest's JSON reporter wrote. A run that wrote none counts as one failure: it broke before it began. */
export function readReport(title: string, file: string, good: boolean): SuiteReport {
  if (!existsSync(file)) return { title, good: false, passed: 0, failed: 1, skipped: 0, leftOut: [] }
  const { testResults }: VitestReport = JSON.parse(readFileSync(file, 'utf8'))
  const tests = testResults.flatMap((result) => result.assertionResults)
  // A file that could not be loaded has no tests to fail.
  const broken = testResults.filter((result) => result.status === 'failed' && result.assertionResults.length === 0)
  const failed = tests.filter((test) => test.status === 'failed').length + broken.length
  return {
    title,
    good,
    passed: tests.filter((test) => test.status === 'passed').length,
    failed: good ? failed : Math.max(1, failed),
    skipped: tests.filter(isSkipped).length,
    leftOut: testResults.flatMap((result) => leftOutOf(result.assertionResults)),
  }
}

/** Our tests have a partner for a machine that lacks what they need: it passes there, and says in its title what is left out. */
function leftOutOf(tests: readonly TestReport[]): readonly string[] {
  const said = tests.filter((test) => saysLeftOut(test) && test.status === 'passed')
  if (said.length > 0) return said.map((test) => test.title)
  return tests.filter(isSkipped).map((test) => `skipped: ${test.fullName}`)
}

/** The partner itself is passed over where nothing is lacking; that is no test skipped. */
function isSkipped(test: TestReport): boolean {
  return test.status !== 'passed' && test.status !== 'failed' && !saysLeftOut(test)
}

function saysLeftOut(test: TestReport): boolean {
  return / (is|are) left out: /.test(test.title)
}

/** The end of `./rondo test`: what was left out, what failed, and the line of totals that machines read. */
export function summary(checked: boolean, suites: readonly SuiteReport[]): string {
  const total = (count: (suite: SuiteReport) => number) => suites.reduce((sum, suite) => sum + count(suite), 0)
  const leftOut = suites.flatMap((suite) => suite.leftOut)
  const bad = [...(checked ? [] : ['checks']), ...suites.filter((suite) => !suite.good).map((suite) => suite.title)]
  return [
    leftOut.length === 0 ? 'Nothing was left out.' : `Left out:\n${leftOut.map((title) => `  ${title}`).join('\n')}`,
    bad.length === 0 ? 'Everything passed.' : `Not passed: ${bad.join(', ')}. The lines above say why.`,
    `${total((suite) => suite.passed)} passed, ${total((suite) => suite.failed) + (checked ? 0 : 1)} failed, ${total((suite) => suite.skipped)} skipped`,
  ].join('\n')
}
