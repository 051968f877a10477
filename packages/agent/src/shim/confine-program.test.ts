import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { confineProgram } from './confine-program.ts'
import { forbiddenCalls } from './forbidden-calls.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'confine-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function confined(words: readonly string[], options: { processor?: string; player?: readonly string[] } = {}) {
  const { processor = process.arch, player = [] } = options
  const file = join(folder, 'confine')
  writeFileSync(file, confineProgram(processor)!, { mode: 0o755 })
  const [program = '', ...rest] = [...player, file, ...words]
  const ended = spawnSync(program, rest, { encoding: 'utf8', env: { GREETING: 'hello', PATH: '/usr/bin:/bin' } })
  return { code: ended.status, out: ended.stdout, errors: ended.stderr }
}

test('it becomes the program, with all words and variables', () => {
  const script = 'echo "$# $1,$2 $GREETING"; grep -E "^(Seccomp|NoNewPrivs):" /proc/self/status; exit 7'

  expect(confined(['/bin/sh', '-c', script, 'sh', 'one word', ''])).toEqual({
    code: 7,
    out: '2 one word, hello\nNoNewPrivs:\t1\nSeccomp:\t2\n',
    errors: '',
  })
  expect(confined([join(folder, 'missing')]).code).toBe(127)
})

test('what it becomes makes no namespace and mounts nothing, whoever it is, nor does what that starts', () => {
  for (const command of [
    'unshare --user true',
    'unshare --mount true',
    'mount -t tmpfs none /mnt',
    'nsenter --net=/proc/self/ns/net true',
  ])
    expect([command, confined(['/bin/sh', '-c', `(${command}); echo $?`]).out]).not.toEqual([command, '0\n'])
  expect(confined(['/bin/sh', '-c', 'unshare --user true']).errors).toContain('Operation not permitted')
})

test('what programs need goes on as before', () => {
  const script = `
    const { Worker } = require('node:worker_threads'), { execFileSync } = require('node:child_process'), fs = require('node:fs')
    new Worker('require("node:worker_threads").parentPort.postMessage(1)', { eval: true }).on('message', () => {
      fs.chmodSync(process.argv[1], 0o700)
      require('node:net').createServer().listen(0, '127.0.0.1', () => { console.log(String(execFileSync('id', ['-u'])).trim(), 'fine'); process.exit(0) })
    })`

  expect(confined([process.execPath, '-e', script, folder])).toEqual({
    code: 0,
    out: `${process.getuid?.()} fine\n`,
    errors: '',
  })
})

const player = '/usr/bin/qemu-aarch64-static'

test.runIf(existsSync(player))('where the kernel takes no filter nothing is started, and that is said', () => {
  // It plays processors, but no filters.
  expect(confined(['/bin/true'], { processor: 'arm64', player: [player] })).toEqual({
    code: 125,
    out: '',
    errors: 'rondo: this kernel takes no system call filter.\n',
  })
})

const calls = { x64: 0xc000003e, x86: 0x40000003, arm64: 0xc00000b7, arm: 0x40000028 }
const [permitted, refused, absent] = ['permitted', 'refused', 'absent']

test.each([
  ['x64', calls.x64, { mount: 165, unshare: 272, keyctl: 250, bpf: 321 }, { read: 0, execve: 59 }, 56],
  ['x64', calls.x86, { mount: 21, unshare: 310, keyctl: 288, bpf: 357 }, { read: 3, execve: 11 }, 120],
  ['arm64', calls.arm64, { mount: 40, unshare: 97, keyctl: 219, bpf: 280 }, { read: 63, execve: 221 }, 220],
])('the filter of %s tells the calls of architecture %i apart', (processor, architecture, no, yes, clone) => {
  const says = (number: number, argument = 0) => answer(forbiddenCalls(processor)!, number, architecture, argument)

  for (const number of Object.values(no)) expect([number, says(number)]).toEqual([number, refused])
  for (const number of Object.values(yes)) expect([number, says(number)]).toEqual([number, permitted])
  expect(says(435)).toBe(absent)
  // A thread, a process, and a process in a user namespace of its own.
  expect([0x3d0f00, 0x11, 0x10000011].map((flags) => says(clone, flags))).toEqual([permitted, permitted, refused])
})

test('who calls as another architecture, or in the third way of x64, is told that there is no such call', () => {
  expect(answer(forbiddenCalls('x64')!, 0x40000000, calls.x64)).toBe(absent)
  expect(answer(forbiddenCalls('x64')!, 0, calls.arm64)).toBe(absent)
  expect(answer(forbiddenCalls('arm64')!, 3, calls.arm)).toBe(absent)
  expect([forbiddenCalls('riscv64'), confineProgram('riscv64')]).toEqual([undefined, undefined])
})

/** What the kernel would make of a call: the filter, run by hand. */
function answer(filter: Buffer, number: number, architecture: number, argument = 0): string | undefined {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(number, 0)
  data.writeUInt32LE(architecture, 4)
  data.writeUInt32LE(argument, 16)
  let held = 0
  for (let at = 0; ; at++) {
    const [code, value] = [filter.readUInt16LE(at * 8), filter.readUInt32LE(at * 8 + 4)]
    const holds =
      code === 0x15 ? held === value : code === 0x35 ? held >= value : code === 0x45 ? (held & value) !== 0 : undefined
    if (code === 0x20) held = data.readUInt32LE(value)
    else if (code === 0x05) at += value
    else if (code === 0x06) return { 2147418112: permitted, 327681: refused, 327718: absent }[value]
    else if (holds === undefined) throw new Error(`no such instruction: ${code}`)
    else at += filter[at * 8 + (holds ? 2 : 3)]!
  }
}
