import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { makeScratchFolder } from './scratch-folder.ts'

let temporary: string
const runs: ChildProcess[] = []
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'rondo-scratch-'))
  vi.stubEnv('TMPDIR', temporary)
})
afterEach(() => {
  for (const run of runs.splice(0)) run.kill('SIGKILL')
  vi.unstubAllEnvs()
  rmSync(temporary, { recursive: true, force: true })
})

/** Another run, which lives until it is killed. */
async function anotherRun() {
  const module = JSON.stringify(join(import.meta.dirname, 'scratch-folder.ts'))
  const text = `import { makeScratchFolder } from ${module}
process.stdout.write(makeScratchFolder())
setInterval(() => {}, 1e6)`
  const child = spawn(process.execPath, ['--input-type=module', '--eval', text], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  runs.push(child)
  const [folder] = await once(child.stdout, 'data')
  return {
    folder: String(folder),
    async kill() {
      const closed = once(child, 'close')
      child.kill('SIGKILL')
      await closed
    },
  }
}

test('what a killed run left is removed by the next; what a living one has is not', async () => {
  const [killed, living] = await Promise.all([anotherRun(), anotherRun()])
  mkdirSync(join(killed.folder, 'objects'))
  await killed.kill()

  const mine = makeScratchFolder()

  expect(readdirSync(temporary).toSorted()).toEqual([living.folder, mine].map((path) => basename(path)).toSorted())
})

test('a process that has the number of one that was killed does not keep its folder', () => {
  const mine = makeScratchFolder()
  const earlier = mine.replace(/^(.*-\d+-)\d+(-\d+-\w{6})$/, '$17$2')
  mkdirSync(earlier)

  makeScratchFolder()

  expect([mine, earlier].map((folder) => existsSync(folder))).toEqual([true, false])
})

test('folders of processes that cannot be seen from here, and those of others, stay', () => {
  const [, before = ''] = /^(.*-)\d+-\w{6}$/.exec(makeScratchFolder()) ?? []
  const elsewhere = `${before.replace(/-\d+-\d+-$/, '-999999-7-')}1-abcdef`
  const others = [elsewhere, join(temporary, 'rondo-run-data-x1'), join(temporary, 'rondo-run-abcdef')]
  for (const folder of others) mkdirSync(folder)

  makeScratchFolder()

  expect(others.filter((folder) => !existsSync(folder))).toEqual([])
})
