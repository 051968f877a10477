import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { stepProgram } from './step-program.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'step-program-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Processors whose programs can be run here: this machine's, and others where something plays them. */
const processors = [
  { name: process.arch, player: [] },
  { name: 'arm64', player: ['/usr/bin/qemu-aarch64-static'] },
  { name: 'x64', player: ['/usr/bin/qemu-x86_64-static'] },
].filter(({ name, player }, at) => (at === 0 || name !== process.arch) && player.every(existsSync))

test.each(processors)('it copies every byte to its output, and ends with its input ($name)', ({ name, player }) => {
  const bytes = Buffer.from(Array.from({ length: 300_007 }, (_, at) => (at * 7919) % 256))

  const ended = run(name, player, [], { input: bytes })

  expect(ended.status).toBe(0)
  expect(ended.stdout.equals(bytes)).toBe(true)
  expect(run(name, player, [], { input: '' })).toMatchObject({ status: 0, stdout: Buffer.alloc(0) })
})

test.each(processors)('what cannot be written is told by its end ($name)', ({ name, player }) => {
  const file = programFile(name)

  const ended = spawnSync('/bin/sh', ['-c', 'echo lost | "$@" >&-', 'sh', ...player, file])

  expect(ended.status).not.toBe(0)
})

test.each(processors)(
  'it becomes a program in a session of its own, with all words and variables, and what that prints comes by the pipe ($name)',
  ({ name, player }) => {
    const script =
      'read -r stat </proc/self/stat; set -- $$ $stat "$@"; echo $(($1 == $7)) >/dev/stderr; shift 53; echo "$# $1,$2 $GREETING"; [ -p /dev/stdout ]; exit $((7 + $?))'

    const ended = runByPipe(name, player, ['/bin/sh', '-c', script, 'sh', 'one word', ''], { GREETING: 'hello' })

    expect(ended).toMatchObject({ status: 7, printed: '1\n2 one word, hello\n' })
  },
)

test.each(processors)('signals that were ignored around it are not by what it becomes ($name)', ({ name, player }) => {
  const program = [...player, programFile(name), join(folder, 'no-pipe'), '/bin/sh', '-c'].join(' ')
  const script = (signal: string) => `trap "" INT QUIT; ${program} 'kill -${signal} $$; echo went on'; echo $?`

  for (const [signal, status] of [
    ['INT', 130],
    ['QUIT', 131],
  ] as const)
    expect(spawnSync('/bin/sh', ['-c', script(signal)]).stdout.toString()).toBe(`${status}\n`)
})

test.each(processors)('what is no program for the kernel is a script for the shell ($name)', ({ name, player }) => {
  const script = join(folder, 'plain')
  writeFileSync(script, 'echo "script $1"; exit 3\n', { mode: 0o755 })

  expect(runByPipe(name, player, [script, 'given'])).toMatchObject({ status: 3, printed: 'script given\n' })

  const missing = runByPipe(name, player, [join(folder, 'missing')])
  expect(missing.status).not.toBe(0)
  expect(missing.printed).toContain('missing')
})

test.each(processors)(
  'the pipe is free when the last of what was started lets go of it ($name)',
  ({ name, player }) => {
    const leaves = '(read -r line; echo "$line") <"$1" & echo first; [ -x "$0" ] || echo held'
    const gate = join(folder, 'gate')
    spawnSync('mkfifo', [gate])

    const ended = runByPipe(name, player, ['/bin/sh', '-c', leaves, join(folder, 'pipe'), gate])

    expect(ended).toMatchObject({ status: 0, printed: 'first\nheld\n', free: false })
    writeFileSync(gate, 'last\n')
    while (!isFree()) spawnSync('sleep', ['0.01'])
    expect(readFileSync(join(folder, 'out'), 'utf8')).toBe('first\nheld\nlast\n')
  },
)

test('a program that waits for every child has none that it did not start', () => {
  const ended = runByPipe(
    process.arch,
    [],
    [
      process.execPath,
      '-e',
      "console.log(require('fs').readFileSync('/proc/self/task/' + process.pid + '/children', 'utf8').trim())",
    ],
  )

  expect(ended).toMatchObject({ status: 0, printed: '\n' })
})

test.each(processors)('without a pipe the program prints into the output ($name)', ({ name, player }) => {
  const ended = run(name, player, [join(folder, 'missing'), '/bin/sh', '-c', 'echo out; exit 5'])

  expect(ended).toMatchObject({ status: 5, stdout: Buffer.from('out\n') })
})

test('a processor without a listing has none', () => {
  expect(stepProgram('riscv64')).toBeUndefined()
})

function run(
  processor: string,
  player: readonly string[],
  words: readonly string[],
  options: { readonly input?: Buffer | string; readonly env?: Readonly<Record<string, string>> } = {},
) {
  const [program, ...args] = [...player, programFile(processor), ...words]
  return spawnSync(program!, args, { maxBuffer: 1024 ** 2, ...options })
}

/** Runs a program with a pipe, as the supervisor does: open both ways until the program has it, and then to write. */
function runByPipe(
  processor: string,
  player: readonly string[],
  words: readonly string[],
  env: Readonly<Record<string, string>> = {},
) {
  const pipe = join(folder, 'pipe')
  const out = join(folder, 'out')
  if (!existsSync(pipe)) spawnSync('mkfifo', ['-m', '777', pipe])
  writeFileSync(out, '')
  const script = 'pipe=$1 out=$2; shift 2; "$@" >>"$out" 2>&1 </dev/null 6>&- 7>&- & wait $!; echo $?; echo mark >&7'
  const shell = ['-c', `play() { exec 6>&-; ${script}; }; play "$@" 6<>"$1" 7>"$1"`, 'sh', pipe, out]
  const status = Number(
    spawnSync('/bin/sh', [...shell, ...player, programFile(processor), pipe, ...words], { env }).stdout.toString(),
  )
  while (!readFileSync(out, 'utf8').includes('mark\n')) spawnSync('sleep', ['0.01'])
  const printed = readFileSync(out, 'utf8').replace('mark\n', '')
  writeFileSync(out, printed)
  return { status, printed, free: isFree() }
}

function isFree(): boolean {
  return (statSync(join(folder, 'pipe')).mode & 0o111) !== 0
}

function programFile(processor: string): string {
  const file = join(folder, processor)
  writeFileSync(file, stepProgram(processor)!, { mode: 0o755 })
  return file
}
