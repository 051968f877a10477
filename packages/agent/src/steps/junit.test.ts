import { expect, test } from 'vitest'
import { parseJunit } from './junit.ts'

test('successes, failures, errors and skips are read with their messages and times [I-018]', () => {
  const { tests } = parseJunit(`<testsuites><testsuite>
    <testcase classname="A" name="adds" time="0.5" file="a.ts"/>
    <testcase classname="A" name="breaks" time="1,000.25"><failure message="expected 1">at line 3</failure></testcase>
    <testcase classname="A" name="explodes"><error><![CDATA[boom <tag>]]></error></testcase>
    <testcase classname="A" name="later"><skipped/></testcase></testsuite></testsuites>`)

  expect(tests.map((entry) => [entry.name, entry.result, entry.runTime])).toEqual([
    ['adds', 'success', 0.5],
    ['breaks', 'failure', 1000.25],
    ['explodes', 'error', 0],
    ['later', 'skipped', 0],
  ])
  expect(tests[1]?.message).toBe('expected 1\nat line 3')
  expect(tests[2]?.message).toBe('boom <tag>')
})

test('what is not JUnit is said, not thrown', () => {
  for (const xml of ['<html><body/></html>', 'not xml', '', '<testsuite><testcase></testsuite>']) {
    expect(parseJunit(xml)).toEqual({ tests: [], problem: expect.any(String) })
  }
})
