import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dockerAnswers, imagePresent } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'

const image = 'cimg/base:2025.05-20.04'
const ready = dockerAnswers() && imagePresent(image)
const program = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))
const config = `version: 2.1
jobs:
  wait:
    docker: [{image: '${image}'}]
    steps: [{run: 'echo waiting; sleep 300'}]
  quick:
    docker: [{image: '${image}'}]
    steps: [{run: echo done}]
workflows: {slow: {jobs: [wait]}, fast: {jobs: [quick]}}
`

test.runIf(!ready)('abandoned local runs are left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('a local run that nobody watches any more', () => {
  let folder: string
  let data: string
  let scratch: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rondo-project-'))
    // PostgreSQL runs as another user when the tests run as root.
    data = mkdtempSync('/tmp/rondo-run-data-')
    execFileSync('chmod', ['755', data])
    scratch = join(data, 'scratch')
    mkdirSync(scratch)
    execFileSync('chmod', ['1777', scratch])
    mkdirSync(join(folder, '.circleci'))
    writeFileSync(join(folder, '.circleci/config.yml'), config)
  })
  afterAll(() => {
    for (const path of [folder, data]) rmSync(path, { recursive: true, force: true })
  })

  function begin(only: string): ChildProcess {
    return spawn(process.execPath, [program, 'run', only], {
      cwd: folder,
      env: { PATH: process.env.PATH, RONDO_RUN_DATA: join(data, 'run'), RONDO_EXECUTOR: 'docker', TMPDIR: scratch },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  }

  /** Everything that the child prints, to its end. */
  async function endOf(child: ChildProcess): Promise<{ readonly code: number | null; readonly printed: string }> {
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (printed += chunk))
    return new Promise((resolve) => child.once('close', (code) => resolve({ code, printed })))
  }

  function waits(child: ChildProcess): Promise<void> {
    return new Promise((resolve) => {
      let printed = ''
      child.stdout?.on('data', (chunk) => {
        printed += chunk
        if (printed.includes('wait │ waiting')) resolve()
      })
    })
  }

  /** Processes and containers of the runs of this test. */
  function left(): readonly string[] {
    const ps = ['ps', '--all', '--quiet', '--filter', `label=rondo.agent=${join(data, 'run/agent')}`]
    const containers = execFileSync('docker', ps, { encoding: 'utf8' }).split('\n').filter(Boolean)
    const processes = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && speaksOf(pid, data))
    return [...containers, ...processes]
  }

  test('ends when it was killed: server, database, agent and containers go with it', async () => {
    const child = begin('slow')
    await waits(child)
    child.kill('SIGKILL')
    await vi.waitFor(() => expect(left()).toEqual([]), { timeout: 30_000, interval: 200 })
  })

  test('ends when its reader has gone', async () => {
    const child = begin('slow')
    const end = endOf(child)
    await waits(child)
    child.stdout?.destroy()
    child.stderr?.destroy()
    child.kill('SIGTERM')
    await end
    await vi.waitFor(() => expect(left()).toEqual([]), { timeout: 30_000, interval: 200 })
  })

  test('does not keep the next one from its own server', async () => {
    const child = begin('slow')
    await waits(child)
    child.kill('SIGKILL')
    const { code, printed } = await endOf(begin('fast'))
    expect(printed).toContain('quick │ done')
    expect(code).toBe(0)
    await vi.waitFor(() => expect(left()).toEqual([]), { timeout: 30_000, interval: 200 })
  })

  test('leaves nothing in the folder for temporary files that the next one does not remove', async () => {
    const folders = () => readdirSync(scratch).filter((name) => name.startsWith('rondo-run-'))
    expect(folders()).toEqual([])
    const child = begin('slow')
    await waits(child)
    expect(folders()).toHaveLength(1)
    child.kill('SIGKILL')
    await endOf(begin('fast'))
    expect(folders()).toEqual([])
  })
})

/** Whether a process was started with, or for, something below a folder. */
function speaksOf(pid: string, folder: string): boolean {
  return ['cmdline', 'environ'].some((file) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(folder)
    } catch {
      return false
    }
  })
}
