import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { identifyProcess } from './process-identity.ts'
import { processLockHolder, takeProcessLock } from './process-lock.ts'

let folder: string
let path: string
let children: ChildProcess[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'process-lock-'))
  path = join(folder, 'it.pid')
})

afterEach(async () => {
  await Promise.all(children.map(kill))
  children = []
  rmSync(folder, { recursive: true, force: true })
})

/** Waits for a byte on its input, then tries; says how that went, and stays alive. */
const taker = `
import { takeProcessLock } from ${JSON.stringify(join(import.meta.dirname, 'process-lock.ts'))}
process.stdout.write('ready ')
process.stdin.once('data', () => process.stdout.write(takeProcessLock(process.argv[1]).taken ? 'taken' : 'refused'))`

async function startTaker(): Promise<{ child: ChildProcess; answer(): Promise<string> }> {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', taker, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  await once(child.stdout, 'data')
  return {
    child,
    async answer() {
      const said = once(child.stdout, 'data')
      child.stdin.write('x')
      return String((await said)[0])
    },
  }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const closed = once(child, 'close')
  child.kill('SIGKILL')
  await closed
}

test('of several processes that find the same dead holder exactly one takes its place', async () => {
  for (let round = 0; round < 4; round++) {
    const takers = await Promise.all([startTaker(), startTaker(), startTaker()])

    const answers = await Promise.all(takers.map((taker) => taker.answer()))

    expect(answers.toSorted()).toEqual(['refused', 'refused', 'taken'])
    const winner = takers[answers.indexOf('taken')]!
    expect(processLockHolder(path)?.pid).toBe(winner.child.pid)
    expect(Number.parseInt(readFileSync(path, 'utf8'), 10)).toBe(winner.child.pid)
    await Promise.all(takers.map(({ child }) => kill(child)))
    expect(processLockHolder(path)).toBeUndefined()
  }
})

test('a lock of another process that has the number of the dead holder by now is taken over', () => {
  writeFileSync(`${path}.1`, `${process.ppid} 1 ${identifyProcess(process.ppid)?.boot}\n`)

  expect(takeProcessLock(path).taken).toBe(true)
})

test('a lock from before a reboot is taken over', () => {
  const parent = identifyProcess(process.ppid)
  writeFileSync(`${path}.1`, `${parent?.pid} ${parent?.started} another-boot\n`)

  expect(takeProcessLock(path).taken).toBe(true)
})

test('a holder that lives is named, and its lock stays', () => {
  const parent = identifyProcess(process.ppid)!
  writeFileSync(`${path}.7`, `${parent.pid} ${parent.started} ${parent.boot}\n`)

  expect(takeProcessLock(path)).toEqual({ taken: false, holder: parent })
  expect(readdirSync(folder)).toEqual(['it.pid.7'])
})

test('a released lock is free, and its numbers go on', () => {
  const first = takeProcessLock(path)
  if (first.taken) first.release()

  expect(processLockHolder(path)).toBeUndefined()
  expect(takeProcessLock(path).taken).toBe(true)
  expect(readdirSync(folder).toSorted()).toEqual(['it.pid', 'it.pid.2'])
})
