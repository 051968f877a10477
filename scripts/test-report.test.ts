import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readReport, summary } from './test-report.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'report-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function report(
  tests: readonly { status: string; title: string }[],
  files: readonly { status: string }[] = [],
): string {
  const path = join(folder, 'report.json')
  const assertionResults = tests.map((each) => ({ ...each, fullName: `file > ${each.title}` }))
  const testResults = [
    { status: 'passed', assertionResults },
    ...files.map((file) => ({ ...file, assertionResults: [] })),
  ]
  writeFileSync(path, JSON.stringify({ testResults }))
  return path
}

test('tests are counted, and skipped ones are left out', () => {
  const path = report([
    { status: 'passed', title: 'one' },
    { status: 'failed', title: 'two' },
    { status: 'skipped', title: 'three' },
  ])

  const { passed, failed, skipped, leftOut } = readReport('units', path, false)

  expect([passed, failed, skipped]).toEqual([1, 1, 1])
  expect(leftOut).toEqual(['skipped: file > three'])
})

test('what tests say they leave out is read, and is no test skipped where nothing is lacking', () => {
  const lacking = report([
    { status: 'passed', title: 'docker is left out: no engine answers' },
    { status: 'skipped', title: 'a container starts' },
  ])
  const there = { skipped: 1, leftOut: ['docker is left out: no engine answers'] }
  expect(readReport('units', lacking, true)).toMatchObject(there)

  const complete = report([
    { status: 'skipped', title: 'docker is left out: no engine answers' },
    { status: 'passed', title: 'a container starts' },
  ])
  expect(readReport('units', complete, true)).toMatchObject({ passed: 1, skipped: 0, leftOut: [] })
})

test('a file that could not be loaded, a missing report and an unhandled error each count as a failure', () => {
  expect(readReport('units', report([{ status: 'passed', title: 'one' }], [{ status: 'failed' }]), false).failed).toBe(
    1,
  )
  expect(readReport('units', join(folder, 'none.json'), false)).toMatchObject({ good: false, failed: 1 })
  expect(readReport('units', report([{ status: 'passed', title: 'one' }]), false).failed).toBe(1)
})

test('the summary ends with the totals', () => {
  const units = { title: 'units', good: true, passed: 5, failed: 0, skipped: 1, leftOut: ['skipped: x'] }
  const e2e = { title: 'end to end', good: false, passed: 2, failed: 3, skipped: 0, leftOut: [] }

  expect(summary(true, [units])).toBe('Left out:\n  skipped: x\nEverything passed.\n5 passed, 0 failed, 1 skipped')
  expect(summary(true, [{ ...units, leftOut: [] }])).toContain('Nothing was left out.')
  expect(summary(false, [units, e2e])).toBe(
    'Left out:\n  skipped: x\nNot passed: checks, end to end. The lines above say why.\n7 passed, 4 failed, 1 skipped',
  )
})
