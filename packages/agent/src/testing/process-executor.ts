import { spawn } from 'node:child_process'
import { identifyProcess, processLives } from '@rondo/adapters'
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
    async remove(state: ExecutorState) {
      if (lives(state)) process.kill(-Number(state.pid), 'SIGKILL')
    },
    reachable: (url: string) => url,
  }
  return executor
}

function lives(state: ExecutorState): boolean {
  return processLives({ pid: Number(state.pid), started: state.started ?? '', boot: state.boot ?? '' })
}
