import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

  const ended = spawnSync('/bin/sh', ['-c', 'echo lost | "$@" >/dev/full', 'sh', ...player, file])

  expect(ended.status).not.toBe(0)
})

test.each(processors)(
  'it becomes a program in a session of its own, with all words and variables ($name)',
  ({ name, player }) => {
    const script =
      'read -r stat </proc/self/stat; set -- $$ $stat "$@"; echo $(($1 == $7)); shift 53; echo "$# $1,$2 $GREETING"; exit 7'

    const ended = run(name, player, ['/bin/sh', '-c', script, 'sh', 'one word', ''], { env: { GREETING: 'hello' } })

    expect(ended.stdout.toString()).toBe('1\n2 one word, hello\n')
    expect(ended.status).toBe(7)
  },
)

test.each(processors)('what is no program for the kernel is a script for the shell ($name)', ({ name, player }) => {
  const script = join(folder, 'plain')
  writeFileSync(script, 'echo "script $1"; exit 3\n', { mode: 0o755 })

  expect(run(name, player, [script, 'given'])).toMatchObject({ status: 3, stdout: Buffer.from('script given\n') })

  const missing = run(name, player, [join(folder, 'missing')])
  expect(missing.status).not.toBe(0)
  expect(missing.stderr.toString()).toContain('missing')
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

function programFile(processor: string): string {
  const file = join(folder, processor)
  writeFileSync(file, stepProgram(processor)!, { mode: 0o755 })
  return file
}
