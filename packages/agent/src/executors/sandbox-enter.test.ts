import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTaskFolder, type TaskFolder } from '../shared-folder/task-folder.ts'
import { taskSpec } from '../testing/task-spec.ts'
import type { Executor, ExecutorState } from './executor.ts'
import { createSandboxExecutor } from './sandbox.ts'
import { sandboxProblem } from './sandbox-start.ts'

const problem = await sandboxProblem()

test.runIf(problem !== undefined)('entering a sandbox is left out: this user may not make one', () => {
  expect(problem).toBeDefined()
})

let root: string
let folder: TaskFolder
let executor: Executor
let state: ExecutorState

beforeAll(async () => {
  if (problem !== undefined) return
  // Outside of the temporary folder, which a sandbox has its own of.
  root = mkdtempSync('/var/tmp/rondo-enter-')
  folder = await openTaskFolder(join(root, 'task'))
  executor = createSandboxExecutor([root])
  state = await executor.prepare(taskSpec([]), folder, () => {}, AbortSignal.timeout(60_000))
})

afterAll(async () => {
  if (problem !== undefined) return
  await executor.remove(state, folder)
  await folder.close()
  rmSync(root, { recursive: true, force: true })
})

async function run(command: readonly string[], input = '') {
  const program = await executor.openProgram!(state, command, undefined)
  program.input.end(input)
  const [out, errors] = await Promise.all([text(program.output), text(program.errors!)])
  return { code: await program.exitCode(), out, errors }
}

test.runIf(problem === undefined)(
  'a program runs as the job’s user, in its folders, with its streams apart',
  async () => {
    expect(await run(['sh', '-c', 'id -un; pwd; cat; echo wrong >&2; exit 3'], 'given')).toEqual({
      code: 3,
      out: 'circleci\n/home/circleci\ngiven',
      errors: 'wrong\n',
    })
  },
)

test.runIf(problem === undefined)(
  'it has no more rights than a step, and sees no process or file that one does not',
  async () => {
    const { out } = await run(['sh', '-c', 'cat /proc/self/status; echo processes $(cat /proc/[0-9]*/comm)'])

    expect(out).toMatch(/^CapEff:\t0+$/m)
    expect(out).toMatch(/^NoNewPrivs:\t1$/m)
    expect(out).not.toMatch(/processes .*node/)
    expect((await run(['ls', root])).code).not.toBe(0)
    expect((await run(['cat', '/etc/shadow'])).code).not.toBe(0)
    expect((await run(['touch', '/usr/planted'])).code).not.toBe(0)
    expect((await run(['mount', '-t', 'tmpfs', 'none', '/usr'])).code).not.toBe(0)
  },
)

test.runIf(problem === undefined)(
  'a terminal is a terminal: it has a name, a size, and keys that interrupt',
  async () => {
    const program = await executor.openProgram!(state, ['/bin/sh', '-i'], { columns: 91, rows: 21 })
    let seen = ''
    program.output.on('data', (bytes: Buffer) => (seen += bytes))
    const shows = async (wanted: RegExp) => {
      for (const deadline = Date.now() + 20_000; !wanted.test(seen); await new Promise((go) => setTimeout(go, 10)))
        if (Date.now() > deadline) throw new Error(`${wanted} did not come: ${seen}`)
    }

    program.input.write('tty; stty size\n')
    await shows(/\/dev\/pts\/\d+\r\n21 91/)
    await program.resize({ columns: 101, rows: 31 })
    program.input.write('stty size\n')
    await shows(/31 101/)
    program.input.write("sh -c 'echo asleep; exec sleep 1000'\n")
    await shows(/^asleep/m)
    program.input.write('\u0003')
    await shows(/asleep\s+\^C\s+\$ $/)
    program.input.write('echo after=$?\n')
    await shows(/^after=130/m)
    program.input.write('exit 7\n')

    expect(await program.exitCode()).toBe(7)
  },
)

test.runIf(problem === undefined)('a script of the shared folder runs at a terminal', async () => {
  folder.create('hello.sh', 'read -r word; echo "$word at $(tty)"\n')
  const terminal = await executor.openTerminal!(state, `${executor.ioPath}/hello.sh`, { columns: 80, rows: 24 })
  terminal.write('hello\n')
  let seen = ''
  for await (const bytes of terminal.output) seen += Buffer.from(bytes)

  expect(seen).toMatch(/hello at \/dev\/pts\/\d+/)
})

test.runIf(problem === undefined)('it ends with the job', async () => {
  const program = await executor.openProgram!(state, ['sh', '-c', 'echo there; sleep 1000'], undefined)
  await new Promise((seen) => program.output.once('data', seen))

  await executor.halt(state, folder)

  expect(await program.exitCode()).not.toBe(0)
  await expect(executor.openProgram!(state, ['true'], undefined)).rejects.toThrow(/has ended/)
})
