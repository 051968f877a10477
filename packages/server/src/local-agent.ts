import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { DataFolder } from './data-folder.ts'
import type { ServerEnv } from './env.ts'
import { startTime } from './instance-lock.ts'

const program = fileURLToPath(new URL('../../agent/src/main.ts', import.meta.url))

/** The agent on this machine: a process in a session of its own, which outlives the server and is found again. */
export interface LocalAgent {
  /** Starts the agent whenever none lives, until the signal aborts. */
  supervise(signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}

/** Token of the agent on this machine, made once. */
export function localAgentToken(folder: DataFolder): { readonly token: string; readonly file: string } {
  const file = join(folder.keys, 'agent-token')
  if (!existsSync(file)) writeFileSync(file, `rondo_agent_${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  return { token: readFileSync(file, 'utf8').trim(), file }
}

export function createLocalAgent(env: ServerEnv, folder: DataFolder): LocalAgent {
  const pidFile = join(folder.root, 'agent.pid')

  async function runningPid(): Promise<number | undefined> {
    const [pid = '', started = ''] = existsSync(pidFile) ? readFileSync(pidFile, 'utf8').trim().split(' ') : []
    return started !== '' && (await startTime(Number(pid))) === started ? Number(pid) : undefined
  }

  async function launch(): Promise<void> {
    const log = openSync(join(folder.logs, 'agent.log'), 'a', 0o640)
    const child = spawn(process.execPath, ['--max-semi-space-size=4', program], {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        RONDO_SERVER_URL: `http://127.0.0.1:${env.agentPort}`,
        RONDO_AGENT_TOKEN_FILE: localAgentToken(folder).file,
        RONDO_AGENT_DATA: folder.agent,
        RONDO_AGENT_NAME: 'local',
        RONDO_EXECUTOR: env.executor,
      },
    })
    child.unref()
    if (child.pid !== undefined) writeFileSync(pidFile, `${child.pid} ${await startTime(child.pid)}\n`)
  }

  return {
    async supervise(signal) {
      for (let delay = 250; !signal.aborted; ) {
        const alive = (await runningPid()) !== undefined
        if (!alive) await launch()
        // One that cannot start must not be started in a tight loop.
        delay = alive ? 250 : Math.min(delay * 2, 10_000)
        await sleep(delay, undefined, { signal }).catch(() => {})
      }
    },
    async stop() {
      const pid = await runningPid()
      if (pid === undefined) return
      process.kill(pid, 'SIGTERM')
      for (
        const deadline = Date.now() + 10_000;
        Date.now() < deadline && (await runningPid()) !== undefined;
        await sleep(20)
      );
    },
  }
}
