import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Every check and test, in the order in which they fail fastest; ends with one line of totals. */
const folder = mkdtempSync(join(tmpdir(), 'rondo-test-'))
const totals = { passed: 0, failed: 0, skipped: 0 }
const left: string[] = []

function run(title: string, args: readonly string[]): boolean {
  console.log(`\n── ${title}`)
  return spawnSync('npm', ['run', '--silent', ...args], { stdio: 'inherit' }).status === 0
}

function suite(title: string, script: string): boolean {
  const report = join(folder, `${script}.json`)
  const good = run(title, [script, '--', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`])
  const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(report, 'utf8'))
  totals.passed += numPassedTests
  totals.failed += numFailedTests
  totals.skipped += numPendingTests
  for (const file of testResults)
    for (const test of file.assertionResults)
      if (test.status === 'passed' && / left out/.test(test.title)) left.push(test.title)
  return good
}

const good = [run('checks', ['check']), suite('unit and integration tests', 'test'), suite('end to end', 'e2e')]
rmSync(folder, { recursive: true, force: true })
console.log(
  left.length === 0 ? '\nNothing was left out.' : `\nLeft out:\n${left.map((title) => `  ${title}`).join('\n')}`,
)
console.log(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`)
process.exit(good.every(Boolean) ? 0 : 1)
