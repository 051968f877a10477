import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type CircleciCommand, circleciCommand } from '../testing/circleci-command.ts'

let command: CircleciCommand
const run: CircleciCommand['run'] = (...args) => command.run(...args)

beforeEach(() => {
  command = circleciCommand()
})

afterEach(() => command.remove())

test('files are found by patterns from here, from above and from the root, braces and classes included', () => {
  const work = join(command.io, 'work')
  for (const path of ['a/one_test.py', 'a/b c/two_test.py', 'a/three.js', 'other/four_test.py']) {
    mkdirSync(join(work, path, '..'), { recursive: true })
    writeFileSync(join(work, path), '')
  }
  const glob = (...patterns: string[]) => run(['tests', 'glob', ...patterns]).lines
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
  const work = join(command.io, 'work')
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

test('names come one a line with blanks in them, or on one line between blanks; empty lines and carriage returns are none', () => {
  const split = (input: string, ...options: string[]) => run(['tests', 'split', ...options], input)

  expect(split('  b x\n\n  \na\r\nc', '--total=2', '--index=0').lines).toEqual(['a', 'c'])
  expect(split('b x\n\n  \na\r\nc', '--total', '2', '--index', '1').lines).toEqual(['b x'])
  expect(split('b  a\tc', '--total=2').lines).toEqual(['a', 'c'])
  expect(split('z a', '--total=1').lines).toEqual(['z', 'a'])
  expect(split('\n', '--total=2')).toMatchObject({ status: 0, stdout: '' })
  expect(split('c b a', '--total=2', '--show-counts').stderr).toBe('2 of 3 names fall to node 0 of 2\n')
  writeFileSync(join(command.io, 'names'), 'from\na file\n')
  expect(split('', join(command.io, 'names'), '--total=2', '--index=0').lines).toEqual(['a file'])
  expect(split('', join(command.io, 'missing')).status).toBe(1)
})

test('the node and the number of nodes are those of the job, unless they are given [I-043]', () => {
  const job = { CIRCLE_NODE_INDEX: '1', CIRCLE_NODE_TOTAL: '2' }

  expect(run(['tests', 'split'], 'a\nb\nc\n', job).lines).toEqual(['b'])
  expect(run(['tests', 'split', '--index=0', '--total=1'], 'a\nb\nc\n', job).lines).toEqual(['a', 'b', 'c'])
})

test('a kind of names has two words, and a name without a time counts as told, and is said [I-043]', () => {
  command.timings('filename', '1.000\ta.rb\n2.000\tb.rb\n60.000\tslow.rb\n')
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

test('names that weigh nothing are shared out by number', () => {
  command.timings('filename', '0.000\ta\n0.000\tb\n0.000\tc\n0.000\td\n')
  const split = (by: string, index: number) =>
    run(['tests', 'split', `--split-by=${by}`, '--total=2', `--index=${index}`], 'a\nb\nc\nd\n').lines

  for (const by of ['filesize', 'timings'])
    expect([split(by, 0), split(by, 1)]).toEqual([
      ['a', 'c'],
      ['b', 'd'],
    ])
})

test('tests run gives the share of this node to its command, in bash, and ends as that does', () => {
  const ran = run(
    ['tests', 'run', '--command=[[ -n $0 ]] && xargs echo got; exit 7', '--total=2', '--index=1'],
    'a b c',
  )

  expect(ran).toMatchObject({ status: 7, stdout: 'got b\n', stderr: '' })
})

test('tests run tells what it does when asked, and does not run the command without names', () => {
  const wanted = `--command=cat >${command.io}/got`
  const ran = (input: string, ...more: string[]) => run(['tests', 'run', wanted, ...more], input)

  expect(ran('a', '-v').stderr).toContain('cat >')
  expect(readFileSync(join(command.io, 'got'), 'utf8')).toBe('a\n')
  rmSync(join(command.io, 'got'))
  expect(ran('a', '--total=3', '--index=2')).toMatchObject({
    status: 0,
    stdout: 'There were no tests found for this node.\n',
  })
  expect(ran('\n').stderr).toContain('No names of tests came')
  expect(existsSync(join(command.io, 'got'))).toBe(false)
})
