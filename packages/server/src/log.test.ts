import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openLog } from './log.ts'

const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0

test.runIf(!mayMount)('a full disk of the log is left out: this user may not mount a file system', () => {
  expect(mayMount).toBe(false)
})

test.runIf(mayMount)('a log whose disk is full ends nothing, and has every line once there is room [R-12]', () => {
  const folder = mkdtempSync(join(tmpdir(), 'full-log-'))
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'rondo-test', folder])
  try {
    const log = openLog(folder, 'info')
    log.info({ line: 0 }, 'said')
    const { bavail, bsize } = statfsSync(folder)
    writeFileSync(join(folder, 'filler'), Buffer.alloc(bavail * bsize))

    for (let line = 1; line < 200; line++) log.info({ line }, 'said')
    rmSync(join(folder, 'filler'))
    log.info({ line: 200 }, 'said')

    const lines = readFileSync(join(folder, 'server.log'), 'utf8').trim().split('\n')
    expect(lines.map((text) => JSON.parse(text).line)).toEqual(Array.from({ length: 201 }, (_, line) => line))
  } finally {
    spawnSync('umount', ['-l', folder])
    rmdirSync(folder)
  }
})
