import { spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

let io: string
let image: string

beforeEach(() => {
  io = mkdtempSync(join(tmpdir(), 'circleci-'))
  image = join(io, 'image')
  for (const folder of [join(io, 'bin'), image]) mkdirSync(folder)
  copyFileSync(join(import.meta.dirname, 'circleci.sh'), join(io, 'bin/circleci'))
  spawnSync('chmod', ['+x', join(io, 'bin/circleci')])
})

afterEach(() => rmSync(io, { recursive: true, force: true }))

function circleci(...args: string[]): { status: number | null; said: string } {
  const env = { PATH: `${io}/bin:${image}:/usr/bin:/bin`, RONDO_IO: io }
  const ran = spawnSync('circleci', args, { env, encoding: 'utf8', input: 'a b c' })
  return { status: ran.status, said: ran.stdout + ran.stderr }
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

test('a step is halted, and commands may be said to run', () => {
  expect(circleci('step', 'halt').status).toBe(0)
  expect(existsSync(join(io, 'halt'))).toBe(true)
  expect(circleci('run', 'env', 'subst', 'x').said).toBe('x')
})

test.each([
  [['orb', 'publish'], 'no command "orb"'],
  [['step', 'stop'], 'step has no command "stop"'],
  [['tests', 'run'], '--command=CMD'],
  [['tests', 'split', '--split-by=weight'], '--split-by=weight'],
  [['tests', 'split', '--colour=red'], '--colour'],
  [['tests', 'split', '--total=0'], '--total=0 must be a number above 0'],
  [['tests', 'split', '--index=x', '--total=3'], '--index=x must be a number'],
  [['tests', 'split', '--index=3', '--total=3'], 'not below --total=3'],
  [['tests', 'glob'], 'glob needs a pattern'],
  [['run', 'oidc', 'renew'], 'renew'],
  [['run', 'oidc', 'get', '--colour'], '--colour'],
  [['run', 'oidc', 'get', '--claims'], '--claims needs a value'],
])('%j is refused by name', (args, reason) => {
  expect(circleci(...args)).toMatchObject({ status: 2, said: expect.stringContaining(reason) })
})

test('what is not known goes to the circleci program of the image', () => {
  writeFileSync(join(image, 'circleci'), '#!/bin/sh\necho "of the image: $*"; exit 7\n', { mode: 0o755 })

  expect(circleci('orb', 'publish', 'x y')).toEqual({ status: 7, said: 'of the image: orb publish x y\n' })
})

test('files are found by patterns from here, from above and from the root, braces and classes included', () => {
  const work = join(io, 'work')
  for (const path of ['a/one_test.py', 'a/b c/two_test.py', 'a/three.js', 'other/four_test.py']) {
    mkdirSync(join(work, path, '..'), { recursive: true })
    writeFileSync(join(work, path), '')
  }
  const glob = (...patterns: string[]) =>
    circleci('tests', 'glob', ...patterns)
      .said.split('\n')
      .filter(Boolean)
  const home = process.cwd()
  process.chdir(join(work, 'a'))
  try {
    expect(glob('**/*_test.py')).toEqual(['b c/two_test.py', 'one_test.py'])
    expect(glob('./*.{js,ts}', 'one_test.py')).toEqual(['one_test.py', 'three.js'])
    expect(glob('../other/*_test.py')).toEqual(['../other/four_test.py'])
    expect(glob(`${work}/**/[ot]*_test.py`)).toEqual([`${work}/a/b c/two_test.py`, `${work}/a/one_test.py`])
    expect(glob('nothing/**')).toEqual([])
  } finally {
    process.chdir(home)
  }
})

test('variables that are not set are as in a shell', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the job's variables, not this file's
  const text = '${NOT_SET-alternative} ${NOT_SET:-other} [$NOT_SET] ${RONDO_IO+is set} $1 $$'
  expect(circleci('env', 'subst', text).said).toBe('alternative other [] is set $1 $$')
})
