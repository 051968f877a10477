import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { mayMount, mountSmallDisk } from '@rondo/testkit'
import { expect, test } from 'vitest'
import { openLog } from './log.ts'

const mounts = mayMount()

/** Standard output that is the file, pipe or terminal of this number. */
function standardOutput(fd: number, isTTY = false) {
  const printed = new PassThrough()
  const out = Object.assign(printed, { fd, isTTY }) as unknown as NodeJS.WriteStream & { readonly fd: number }
  return { out, printed: () => String(printed.read() ?? '') }
}

test('a terminal shows the status as a line to read, and everything else as a record', () => {
  const { out, printed } = standardOutput(openSync('/dev/null', 'w'), true)
  const log = openLog(out)

  log('status', { status: '1 of 8 tasks' })
  log('ready', { adopted: 0 })

  const [status, ready] = printed().split('\n')
  expect(status).toMatch(/^\d\d:\d\d:\d\d 1 of 8 tasks$/)
  expect(JSON.parse(ready!)).toMatchObject({ part: 'agent', message: 'ready', adopted: 0 })
})

test('a log that refuses a line for good ends nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'log-'))
  const file = openSync(join(folder, 'agent.log'), 'a')
  try {
    const log = openLog(standardOutput(file).out)
    log('said', { line: 0 })
    closeSync(file)

    expect(() => log('said', { line: 1 })).not.toThrow()
    expect(readFileSync(join(folder, 'agent.log'), 'utf8').trim().split('\n')).toHaveLength(1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})

test.runIf(!mounts)('a full disk of the log is left out: this user may not mount a file system', () => {
  expect(mounts).toBe(false)
})

test.runIf(mounts)('a log whose disk is full ends nothing, and has every line once there is room [R-12]', () => {
  const disk = mountSmallDisk('1m')
  try {
    const file = join(disk.path, 'agent.log')
    const log = openLog(standardOutput(openSync(file, 'a')).out)
    log('said', { line: 0 })
    disk.fill()

    for (let line = 1; line < 200; line++) log('said', { line })
    disk.makeRoom()
    log('said', { line: 200 })

    const lines = readFileSync(file, 'utf8').trim().split('\n')
    expect(lines.map((text) => JSON.parse(text).line)).toEqual(Array.from({ length: 201 }, (_, line) => line))
  } finally {
    disk.unmount()
  }
})
