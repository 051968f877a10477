import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { identifyProcess, type ProcessIdentity, processLives, processLockHolder } from '@rondo/adapters'
import { readFolderName } from '@rondo/agent'
import type { Agents } from '@rondo/model'
import type { DataFolder } from './data-folder.ts'
import type { ServerEnv } from './env.ts'
import { writeOnce } from './write-once.ts'

const program = fileURLToPath(new URL('../../agent/src/main.ts', import.meta.url))

/** The agent on this machine: a process in a session of its own, which outlives the server and is found again. */
export interface LocalAgent {
  /** Starts the agent whenever none lives, until the signal aborts. */
  supervise(signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}

/** Token of the agent on this machine, made once. */
export function localAgentToken(folder: DataFolder): { readonly token: string; readonly file: string } {
  const file = join(folder.privateKeys, 'agent-token')
  const content = writeOnce(file, () => `rondo_agent_${randomBytes(32).toString('base64url')}\n`)
  return { token: content.toString('utf8').trim(), file }
}

export function createLocalAgent(
  env: ServerEnv,
  folder: DataFolder,
  { agents }: { readonly agents: Pick<Agents, 'vacate'> },
): LocalAgent {
  /** The one this server launched: until it has its lock, nothing else tells of it. */
  let launched: ProcessIdentity | undefined

  /** Whoever holds the agent's own lock is the agent, whichever server launched it. */
  function living(): ProcessIdentity | undefined {
    const holder = processLockHolder(join(folder.agent, 'agent.pid'))
    return holder ?? (launched !== undefined && processLives(launched) ? launched : undefined)
  }

  function launch(): void {
    const log = openSync(join(folder.logs, 'agent.log'), 'a', 0o640)
    const child = spawn(process.execPath, ['--max-semi-space-size=4', program], {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      env: {
        // Compiled once: the compiler alone takes more memory than all that an idle agent needs.
        NODE_COMPILE_CACHE: join(folder.agent, 'compiled'),
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        RONDO_SERVER_URL: `${env.agentTls === undefined ? 'http' : 'https'}://127.0.0.1:${env.agentPort}`,
        // Its own certificate, which need not name this address.
        ...(env.agentTls === undefined ? {} : { RONDO_SERVER_CA: env.agentTls.certFile }),
        RONDO_AGENT_TOKEN_FILE: localAgentToken(folder).file,
        RONDO_AGENT_DATA: folder.agent,
        RONDO_AGENT_HIDDEN: folder.root,
        RONDO_AGENT_NAME: 'local',
        RONDO_EXECUTOR: env.executor,
        RONDO_AGENT_SSH_HOST: new URL(env.publicUrl).hostname,
        RONDO_AGENT_SSH_BIND: env.host,
        ...env.agentSettings,
      },
    })
    closeSync(log)
    child.unref()
    launched = child.pid === undefined ? undefined : identifyProcess(child.pid)
  }

  return {
    async supervise(signal) {
      for (let delay = 250; !signal.aborted; ) {
        const alive = living() !== undefined
        if (!alive) {
          const left = readFolderName(folder.agent)
          // No process has the folder's lock: also after a reboot the next one is the agent at once. While PostgreSQL is away it
          // waits anyway, and a little longer afterwards.
          if (left !== undefined) await agents.vacate(left).catch(() => {})
          if (!signal.aborted) launch()
        }
        // One that cannot start must not be started in a tight loop.
        delay = alive ? 250 : Math.min(delay * 2, 10_000)
        await sleep(delay, undefined, { signal }).catch(() => {})
      }
    },
    async stop() {
      const agent = living()
      if (agent === undefined) return
      // What runs stays, and is taken up again when the server is back.
      process.kill(agent.pid, 'SIGHUP')
      for (const deadline = Date.now() + 10_000; Date.now() < deadline && processLives(agent); await sleep(20));
    },
  }
}
