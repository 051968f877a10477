import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type CircleciCommand, circleciCommand } from '../testing/circleci-command.ts'

let command: CircleciCommand
const run: CircleciCommand['run'] = (...args) => command.run(...args)

beforeEach(() => {
  command = circleciCommand()
})

afterEach(() => command.remove())

function circleci(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = run(args, 'a b c')
  return { status, said: stdout + stderr }
}

test('help and version are answered, and records of releases accepted', () => {
  expect(circleci()).toMatchObject({ status: 0, said: expect.stringContaining('tests split') })
  expect(circleci('help').said).toBe(circleci().said)
  expect(circleci('version').status).toBe(0)
  expect(circleci('run', 'release', 'log', '--target-version=1')).toMatchObject({
    status: 0,
    said: expect.stringContaining('no record'),
  })
})

test.each([
  ['step', 'halt'],
  ['task', 'halt'],
  ['run', 'step', 'halt'],
])('%s %s %s halts the job', (...words) => {
  expect(circleci(...words.filter(Boolean)).status).toBe(0)
  expect(existsSync(join(command.io, 'halt'))).toBe(true)
})

test('commands may be said to run, and each group of them has help', () => {
  expect(circleci('run', 'env', 'subst', 'x').said).toBe('x')
  for (const group of ['tests', 'env', 'step', 'task']) expect(circleci(group, '--help').said).toContain('tests split')
  expect(circleci('tests', 'run', '--help')).toMatchObject({ status: 0, said: expect.stringContaining('--command') })
})

test.each([
  [['orb', 'publish'], 'no command "orb"'],
  [['step', 'stop'], 'step has no command "stop"'],
  [['task', 'stop'], 'task has no command "stop"'],
  [['tests', 'run'], '--command=CMD'],
  [['tests', 'split', '--split-by=weight'], '--split-by=weight'],
  [['tests', 'split', '--colour=red'], '--colour'],
  [['tests', 'split', '--total=0'], '--total=0 must be a number above 0'],
  [['tests', 'split', '--index=x', '--total=3'], '--index=x must be a number'],
  [['tests', 'split', '--index=3', '--total=3'], 'not below --total=3'],
  [['tests', 'split', '--time-default=soon'], '--time-default'],
  [['tests', 'split', '--timings-type=suite'], '--timings-type=suite'],
  [['tests', 'glob'], 'glob needs a pattern'],
  [['run', 'oidc', 'renew'], 'renew'],
  [['run', 'oidc', 'get', '--colour'], '--colour'],
  [['run', 'oidc', 'get', '--claims'], '--claims needs a value'],
])('%j is refused by name', (args, reason) => {
  expect(circleci(...args)).toMatchObject({ status: 2, said: expect.stringContaining(reason) })
})

test('what is not known goes to the circleci program of the image', () => {
  writeFileSync(join(command.image, 'circleci'), '#!/bin/sh\necho "of the image: $*"; exit 7\n', { mode: 0o755 })

  expect(circleci('orb', 'publish', 'x y')).toEqual({ status: 7, said: 'of the image: orb publish x y\n' })
})

/* biome-ignore-start lint/suspicious/noTemplateCurlyInString: the job's variables, not this file's */
test.each([
  ['$BAR$FOO ${BAR}baz', 'barfoo barbaz'],
  ['[$NOT_SET] [${NOT_SET}] [$1]', '[] [] []'],
  ['${NOT_SET-alternative} ${NOT_SET:-other} ${EMPTY-kept} ${EMPTY:-other}', 'alternative other  other'],
  ['${NOT_SET-$BAR} ${EMPTY:=$BAR} ${NOT_SET=x$BAR.$FOO}', 'bar bar xbar.foo'],
  ['${NOT_SET--1} ${NOT_SET:==1} ${H-http://localhost:8080}', '-1 =1 http://localhost:8080'],
  ['${BAR+set} ${EMPTY+set} ${EMPTY:+set} [${NOT_SET+set}]', 'set set set []'],
  ['$$BAR $${BAR} $$$BAR $$', '$BAR ${BAR} $bar $'],
  ['$_ ${_} 5$ $. {BAR}', '$_ ${_} 5$ $. {BAR}'],
  ['first $ODD\nsecond ${BAR}\n', 'first a&b\\1$BAR\nsecond bar\n'],
])('env subst makes of %j what envsubst does', (text, expected) => {
  const variables = { BAR: 'bar', FOO: 'foo', EMPTY: '', ODD: 'a&b\\1$BAR' }

  expect(run(['env', 'subst', text], '', variables)).toMatchObject({ status: 0, stdout: expected, stderr: '' })
  expect(run(['env', 'subst'], text, variables)).toMatchObject({ status: 0, stdout: expected, stderr: '' })
})

test('a brace that is not closed is an error, and nothing is printed', () => {
  expect(run(['env', 'subst'], 'a ${BAR\n}')).toMatchObject({
    status: 2,
    stdout: '',
    stderr: expect.stringContaining('closing brace'),
  })
})
/* biome-ignore-end lint/suspicious/noTemplateCurlyInString: the job's variables, not this file's */
