import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dockerAnswers, imagePresent } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

const ready = dockerAnswers() && imagePresent('cimg/base:2025.05-20.04')
const program = fileURLToPath(new URL('bench/main.ts', import.meta.url))

test.runIf(!ready)('stopped measurements are left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('measurements that are told to end', () => {
  let folder: string
  let bench: ChildProcess | undefined

  beforeAll(() => {
    // PostgreSQL runs as another user when the tests run as root.
    folder = mkdtempSync('/tmp/rondo-bench-')
    chmodSync(folder, 0o1777)
  })
  afterAll(() => {
    bench?.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })

  const stacks = () => readdirSync(folder).filter((name) => name.startsWith('rondo-stack-'))
  const containers = (stack: string) =>
    spawnSync('docker', ['ps', '-aq', '--filter', `label=rondo.agent=${join(folder, stack)}/agent`], {
      encoding: 'utf8',
    }).stdout

  test('leave no container, no process and no folder behind', async () => {
    bench = spawn(process.execPath, [program, 'steps'], {
      env: { PATH: process.env.PATH, TMPDIR: folder },
      stdio: 'ignore',
    })
    const ended = once(bench, 'exit')
    const stack = await vi.waitFor(
      () => {
        const [name = ''] = stacks()
        expect(containers(name)).not.toBe('')
        return name
      },
      { timeout: 120_000, interval: 100 },
    )

    bench.kill('SIGTERM')
    const [code] = await ended

    expect(code).toBe(128 + 15)
    expect(containers(stack)).toBe('')
    expect(stacks()).toEqual([])
    expect(spawnSync('pgrep', ['-f', folder]).status).toBe(1)
  })
})
