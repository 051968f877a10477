import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { mayMount, mountSmallDisk } from '@rondo/testkit'
import { expect, test } from 'vitest'
import { openLog } from './log.ts'

const mounts = mayMount()

test.runIf(!mounts)('a full disk of the log is left out: this user may not mount a file system', () => {
  expect(mounts).toBe(false)
})

test.runIf(mounts)('a log whose disk is full ends nothing, and has every line once there is room [R-12]', () => {
  const disk = mountSmallDisk('1m')
  try {
    const log = openLog(disk.path, 'info')
    log.info({ line: 0 }, 'said')
    disk.fill()

    for (let line = 1; line < 200; line++) log.info({ line }, 'said')
    disk.makeRoom()
    log.info({ line: 200 }, 'said')

    const lines = readFileSync(join(disk.path, 'server.log'), 'utf8').trim().split('\n')
    expect(lines.map((text) => JSON.parse(text).line)).toEqual(Array.from({ length: 201 }, (_, line) => line))
  } finally {
    disk.unmount()
  }
})
