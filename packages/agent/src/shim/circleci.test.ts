import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
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
  copyFileSync(join(import.meta.dirname, 'circleci-tests.sh'), join(io, 'circleci-tests.sh'))
  spawnSync('chmod', ['+x', join(io, 'bin/circleci')])
})

afterEach(() => rmSync(io, { recursive: true, force: true }))

function run(args: readonly string[], input: string, more: Readonly<Record<string, string>> = {}) {
  const env = { PATH: `${io}/bin:${image}:/usr/bin:/bin`, RONDO_IO: io, CIRCLE_WORKING_DIRECTORY: '/work', ...more }
  const { status, stdout, stderr } = spawnSync('circleci', args, { env, encoding: 'utf8', input })
  return { status, stdout, stderr, lines: stdout.split('\n').filter(Boolean) }
}

function circleci(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = run(args, 'a b c')
  return { status, said: stdout + stderr }
}

/** What the server would answer about one kind of names, as seconds, tab, name a line; the other kinds have none. */
function timings(kind: string, lines: string): void {
  for (const one of ['filename', 'classname', 'testname']) {
    writeFileSync(join(io, `timings.${one}`), one === kind ? lines : '')
    writeFileSync(join(io, `timings.${one}.ready`), '')
  }
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
  expect(existsSync(join(io, 'halt'))).toBe(true)
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

test('files that a shell found for a pattern without quotes, links to files and hidden ones are told once, in order', () => {
  const work = join(io, 'work')
  for (const path of ['b/.hidden/z_test.py', 'b/x[1]_test.py', 'b/y_test.py']) {
    mkdirSync(join(work, path, '..'), { recursive: true })
    writeFileSync(join(work, path), '')
  }
  symlinkSync('y_test.py', join(work, 'b/a_test.py'))
  symlinkSync('.hidden', join(work, 'b/folder_test.py'))
  const glob = (...patterns: string[]) =>
    run(['tests', 'glob', ...patterns.map((pattern) => `${work}/${pattern}`)], '').lines.map((path) =>
      path.slice(work.length + 1),
    )

  expect(glob('b/y_test.py', 'b/x[1]_test.py', 'b/none_test.py', 'b/y_*')).toEqual(['b/x[1]_test.py', 'b/y_test.py'])
  expect(glob('b/**/*_test.py')).toEqual(['b/.hidden/z_test.py', 'b/a_test.py', 'b/x[1]_test.py', 'b/y_test.py'])
  expect(glob('b/[!ay]*', 'b/**_test.{js,py}')).toEqual(glob('b/**/*_test.py'))
  expect(glob('b/[!ay]*')).toEqual(['b/x[1]_test.py'])
  expect(glob('b/x\\[1\\]_{test,spec}.py')).toEqual(['b/x[1]_test.py'])
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

test('names come one a line with blanks in them, or on one line between blanks; empty lines and carriage returns are none', () => {
  const split = (input: string, ...options: string[]) => run(['tests', 'split', ...options], input)

  expect(split('  b x\n\n  \na\r\nc', '--total=2', '--index=0').lines).toEqual(['a', 'c'])
  expect(split('b x\n\n  \na\r\nc', '--total', '2', '--index', '1').lines).toEqual(['b x'])
  expect(split('b  a\tc', '--total=2').lines).toEqual(['a', 'c'])
  expect(split('z a', '--total=1').lines).toEqual(['z', 'a'])
  expect(split('\n', '--total=2')).toMatchObject({ status: 0, stdout: '' })
  expect(split('c b a', '--total=2', '--show-counts').stderr).toBe('2 of 3 names fall to node 0 of 2\n')
  writeFileSync(join(io, 'names'), 'from\na file\n')
  expect(split('', join(io, 'names'), '--total=2', '--index=0').lines).toEqual(['a file'])
  expect(split('', join(io, 'missing')).status).toBe(1)
})

test('the node and the number of nodes are those of the job, unless they are given [I-043]', () => {
  const job = { CIRCLE_NODE_INDEX: '1', CIRCLE_NODE_TOTAL: '2' }

  expect(run(['tests', 'split'], 'a\nb\nc\n', job).lines).toEqual(['b'])
  expect(run(['tests', 'split', '--index=0', '--total=1'], 'a\nb\nc\n', job).lines).toEqual(['a', 'b', 'c'])
})

test('a kind of names has two words, and a name without a time counts as told, and is said [I-043]', () => {
  timings('filename', '1.000\ta.rb\n2.000\tb.rb\n60.000\tslow.rb\n')
  const split = (index: number, ...options: string[]) =>
    run(
      ['tests', 'split', '--split-by=timings', '--total=2', `--index=${index}`, ...options],
      'a.rb\n/work/b.rb\nnew.rb\nslow.rb\n',
    )

  expect(split(0, '--timings-type=file', '--time-default=1m30s').lines).toEqual(['new.rb'])
  expect(split(1, '--timings-type=filename', '--time-default=90').lines).toEqual(['slow.rb', '/work/b.rb', 'a.rb'])
  expect(split(0, '--time-default=500ms').lines).toEqual(['slow.rb'])
  expect(split(0).stderr).toBe('No timing found for "new.rb"\n')
  expect(split(1, '--timings-type=name')).toMatchObject({
    lines: ['a.rb', 'slow.rb'],
    stderr: expect.stringContaining('splitting by name'),
  })
})

test('tests run gives the share of this node to its command, in bash, and ends as that does', () => {
  const ran = run(
    ['tests', 'run', '--command=[[ -n $0 ]] && xargs echo got; exit 7', '--total=2', '--index=1'],
    'a b c',
  )

  expect(ran).toMatchObject({ status: 7, stdout: 'got b\n', stderr: '' })
})

test('tests run tells what it does when asked, and does not run the command without names', () => {
  const command = `--command=cat >${io}/got`
  const ran = (input: string, ...more: string[]) => run(['tests', 'run', command, ...more], input)

  expect(ran('a', '-v').stderr).toContain('cat >')
  expect(readFileSync(join(io, 'got'), 'utf8')).toBe('a\n')
  rmSync(join(io, 'got'))
  expect(ran('a', '--total=3', '--index=2')).toMatchObject({
    status: 0,
    stdout: 'There were no tests found for this node.\n',
  })
  expect(ran('\n').stderr).toContain('No names of tests came')
  expect(existsSync(join(io, 'got'))).toBe(false)
})
