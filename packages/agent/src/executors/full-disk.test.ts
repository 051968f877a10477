import { join } from 'node:path'
import { mayMount, mountSmallDisk, type SmallDisk } from '@rondo/testkit'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTaskFolder } from '../shared-folder/task-folder.ts'
import { taskSpec } from '../testing/task-spec.ts'
import { createSandboxExecutor } from './sandbox.ts'
import { sandboxProblem } from './sandbox-start.ts'

const able = mayMount() && (await sandboxProblem()) === undefined
let disk: SmallDisk

beforeEach(() => {
  if (able) disk = mountSmallDisk('4m')
})

afterEach(() => {
  if (able) disk.unmount()
})

test.runIf(!able)(
  'sandboxes on full disks are left out: this user may not mount a file system, or make a sandbox',
  () => {
    expect(able).toBe(false)
  },
)

// With each page more it comes further: the last of them fail in the shell, which then can keep no word of it.
test.runIf(able).each([0, 1, 2, 3, 4, 5, 6])(
  'a sandbox on a disk with %i pages left begins, or says that no space is left [R-12]',
  async (pages) => {
    const folder = await openTaskFolder(join(disk.path, 'task'))
    const executor = createSandboxExecutor([disk.path])
    disk.fill(pages)

    const outcome = await executor
      .prepare(taskSpec([]), folder, () => {}, AbortSignal.timeout(60_000))
      .then(
        () => 'begins',
        (error) => error.code,
      )

    await executor.remove({}, folder)
    await folder.close()
    expect(outcome).toMatch(/^(begins|ENOSPC)$/)
  },
)

test.runIf(able)('a sandbox whose disk is full by now ends when it is to', async () => {
  const folder = await openTaskFolder(join(disk.path, 'task'))
  const executor = createSandboxExecutor([disk.path])
  const state = await executor.prepare(taskSpec([]), folder, () => {}, AbortSignal.timeout(60_000))
  disk.fill()

  await executor.halt(state, folder)

  expect(await executor.health(state)).toMatchObject({ alive: false })
  await executor.remove(state, folder)
  await folder.close()
})
