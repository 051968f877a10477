import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const module = new URL('./withhold-memory.ts', import.meta.url).href
/** Only then does a crash write a file where the process is. */
const dumpsHere = readFileSync('/proc/sys/kernel/core_pattern', 'utf8').trim() === 'core'

let folder: string
let running: ChildProcess | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'memory-'))
})

afterEach(() => {
  running?.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** A process that holds a secret it was told, once it does; the shell before it allows dumps of any size. */
async function begin(prepare: string, path = '/usr/bin:/bin') {
  const secret = `canary${randomBytes(18).toString('hex')}`
  const program = `${prepare}; process.stdin.on('data', (text) => { globalThis.held = text; console.log('held') }); setInterval(() => {}, 1000)`
  const child = spawn(
    '/bin/sh',
    ['-c', 'ulimit -S -c unlimited; exec "$0" --input-type=module -e "$1"', process.execPath, program],
    {
      cwd: folder,
      env: { PATH: path },
    },
  )
  running = child
  let said = ''
  child.stderr.on('data', (text) => (said += text))
  const hold = async (text: string) => {
    const told = new Promise((heard) => child.stdout.once('data', heard))
    child.stdin.write(text)
    await told
  }
  await hold(secret)
  const end = async (signal: NodeJS.Signals) => {
    const ended = new Promise((resolve) => child.once('exit', (_code, by) => resolve(by)))
    child.kill(signal)
    return ended
  }
  return { child, secret, hold, end, said: () => said }
}

const withheld = `(await import('${module}')).withholdMemory()`
const dumped = (secret: string) =>
  readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(secret))

test.runIf(dumpsHere)('a process that crashes leaves its memory behind', async () => {
  const { secret, end } = await begin('')

  expect(await end('SIGABRT')).toBe('SIGABRT')

  expect(dumped(secret)).toHaveLength(1)
})

test('one that withholds it leaves nothing, and no crash handler is started for it [S-07]', async () => {
  const { child, end } = await begin(withheld)
  const limits = readFileSync(`/proc/${child.pid}/limits`, 'utf8')

  expect(await end('SIGABRT')).toBe('SIGABRT')

  expect(limits).toMatch(/^Max core file size\s+1\s/m)
  expect(readdirSync(folder)).toEqual([])
})

test('where limits cannot be set, a dump has no memory in it [S-07]', async () => {
  const { child, secret, end } = await begin(withheld, '/nonexistent')
  const filter = readFileSync(`/proc/${child.pid}/coredump_filter`, 'utf8')

  expect(await end('SIGABRT')).toBe('SIGABRT')

  expect(filter.trim()).toBe('00000000')
  expect(dumped(secret)).toEqual([])
})

test('programs it starts leave nothing either, unless they ask for dumps', async () => {
  const asks =
    "(await import('node:child_process')).execFileSync('/bin/sh', ['-c', 'ulimit -c; ulimit -S -c unlimited; ulimit -c'])"
  const { end, said } = await begin(`${withheld}; console.error(String(${asks}))`)

  await end('SIGKILL')

  expect(said().trim()).toBe('0\nunlimited')
})

test('a signal opens no debugger in it, nor ends it [S-07]', async () => {
  const { child, hold, end, said } = await begin(withheld)

  child.kill('SIGUSR1')
  await hold('still there')

  expect(await end('SIGTERM')).toBe('SIGTERM')
  expect(said()).toBe('')
})
