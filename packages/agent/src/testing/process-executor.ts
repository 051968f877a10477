import { spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { identifyProcess, processLives } from '@rondo/adapters'
import { readNamespaceUsage } from '../executors/control-groups.ts'
import type { Executor, ExecutorState } from '../executors/executor.ts'

/** Runs the supervisor as a plain process of this machine: the shell's part of a job without a container around it. */
export function createProcessExecutor(home: string): Executor & { readonly ioPath: string } {
  const executor = {
    kind: 'sandbox' as const,
    ioPath: '',
    async prepare(spec: { attemptId: string }, folder: { io: string }): Promise<ExecutorState> {
      executor.ioPath = folder.io
      const child = spawn('/bin/sh', [`${folder.io}/supervisor.sh`, folder.io, spec.attemptId], {
        detached: true,
        stdio: 'ignore',
        env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home },
      })
      child.unref()
      await new Promise((resolve, reject) => child.once('spawn', () => resolve(undefined)).once('error', reject))
      const identity = child.pid === undefined ? undefined : identifyProcess(child.pid)
      if (identity === undefined) throw new Error('the supervisor ended at once')
      return { ...identity, pid: String(identity.pid) }
    },
    adopt: async (state: ExecutorState) => lives(state),
    health: async (state: ExecutorState) => ({ alive: lives(state), outOfMemory: false }),
    memoryKills: () => 0,
    refusedForks: () => 0,
    usage: (state: ExecutorState) => readNamespaceUsage(Number(state.pid)),
    async halt(state: ExecutorState, { root }: { root: string }) {
      if (lives(state)) process.kill(-Number(state.pid), 'SIGKILL')
      for (const pid of stepsOf(join(root, 'io'))) process.kill(pid, 'SIGKILL')
    },
    async remove(state: ExecutorState) {
      if (lives(state)) process.kill(-Number(state.pid), 'SIGKILL')
    },
    async openProgram(_state: ExecutorState, [program = '', ...rest]: readonly string[]) {
      const child = spawn(program, rest, { env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home } })
      const code = new Promise<number | null>((resolve) => child.once('close', resolve))
      return {
        input: child.stdin,
        output: child.stdout,
        errors: child.stderr,
        resize: async () => {},
        exitCode: () => code,
        close: async () => void child.kill(),
      }
    },
    reachable: (url: string) => url,
  }
  return executor
}

/** Steps have sessions of their own, but all know the folder they share with the agent. */
function stepsOf(io: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && environment(name).includes(`RONDO_IO=${io}\0`))
    .map(Number)
}

function environment(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return ''
  }
}

function lives(state: ExecutorState): boolean {
  return processLives({ pid: Number(state.pid), started: state.started ?? '', boot: state.boot ?? '' })
}
