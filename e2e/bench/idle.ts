import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '@rondo/testkit'
import { type Figure, median, ms, timed } from './figure.ts'

/** An initialised installation, from the start of the process to healthy. */
export async function restart(stack: Stack): Promise<Figure> {
  const times: number[] = []
  for (let round = 0; round < 5; round++) {
    stack.kill('server')
    const begun = performance.now()
    await stack.startServer()
    times.push(performance.now() - begun)
  }
  const bare = timed(() => spawnSync(process.execPath, ['-e', '']))
  return {
    name: 'start to healthy',
    ours: ms(median(times)),
    floor: `${ms(bare)} (an empty Node.js process)`,
    aim: '≤ 1500 ms',
  }
}

export async function idleMemory(stack: Stack): Promise<readonly Figure[]> {
  const pid = (file: string) => Number(readFileSync(join(stack.data, file), 'utf8').split(/\s/)[0])
  // The first start of an installation compiles; an agent lives on what that one kept.
  await sleep(8_000)
  const compiling = pid('agent/agent.pid')
  const first = proportional(compiling)
  process.kill(compiling, 'SIGHUP')
  await stack.waitFor('the next agent', async () => (pid('agent/agent.pid') !== compiling ? true : undefined))
  await sleep(5_000)
  const server = proportional(pid('server.pid'))
  const agent = proportional(pid('agent/agent.pid'))
  const postmaster = pid('postgres/postmaster.pid')
  const backends = spawnSync('pgrep', ['-P', String(postmaster)], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean)
    .map(Number)
  const postgres = [postmaster, ...backends].reduce((sum, process_) => sum + proportional(process_), 0)
  const bare = `${emptyProcess().toFixed(0)} MB (an empty Node.js process)`
  return [
    { name: 'idle memory, server', ours: `${server.toFixed(0)} MB`, floor: bare, aim: '≤ 150 MB' },
    {
      name: 'idle memory, agent',
      ours: `${agent.toFixed(0)} MB (its first start: ${first.toFixed(0)})`,
      floor: bare,
      aim: '≤ 60 MB',
    },
    {
      name: 'idle memory, everything',
      ours: `${(server + agent + postgres).toFixed(0)} MB (PostgreSQL ${postgres.toFixed(0)})`,
      floor: '',
      aim: '≤ 300 MB',
    },
  ]
}

function emptyProcess(): number {
  const script = 'console.log(require("node:fs").readFileSync("/proc/self/smaps_rollup", "utf8"))'
  return pssOf(spawnSync(process.execPath, ['-e', script], { encoding: 'utf8' }).stdout)
}

/** Proportional set size in MB: pages that processes share are counted once in all. */
function proportional(pid: number): number {
  return pssOf(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
}

function pssOf(rollup: string): number {
  return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) / 1024
}
