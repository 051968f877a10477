import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readReport, type SuiteReport, summary } from './test-report.ts'

/** Every check and test, those that fail fastest first; one that fails does not keep the next from running. */
const folder = mkdtempSync(join(tmpdir(), 'rondo-test-'))

function run(title: string, args: readonly string[]): boolean {
  console.log(`\n── ${title}`)
  return spawnSync('npm', ['run', '--silent', ...args], { stdio: 'inherit' }).status === 0
}

function suite(title: string, script: string): SuiteReport {
  const file = join(folder, `${script}.json`)
  const good = run(title, [script, '--', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`])
  return readReport(title, file, good)
}

const checked = run('checks', ['check'])
const suites = [suite('unit and integration tests', 'test'), suite('end to end', 'e2e')]
rmSync(folder, { recursive: true, force: true })
console.log(`\n${summary(checked, suites)}`)
process.exitCode = checked && suites.every((report) => report.good) ? 0 : 1
