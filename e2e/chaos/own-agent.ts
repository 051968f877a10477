import { spawn } from 'node:child_process'
import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Stack } from '@rondo/testkit'

const program = fileURLToPath(new URL('../../packages/agent/src/main.ts', import.meta.url))

/** An agent of the stack that speaks to its server through another port; answers how to end it. */
export function startOwnAgent(stack: Stack, port: number, executor: 'docker' | 'sandbox'): () => Promise<void> {
  const folder = join(stack.data, 'agent')
  mkdirSync(folder, { recursive: true })
  const log = openSync(join(stack.data, 'logs', 'own-agent.log'), 'a')
  const child = spawn(process.execPath, [program], {
    stdio: ['ignore', log, log],
    env: {
      PATH: process.env.PATH,
      RONDO_SERVER_URL: `http://127.0.0.1:${port}`,
      RONDO_AGENT_TOKEN_FILE: join(stack.data, 'keys', 'agent-token'),
      RONDO_AGENT_DATA: folder,
      RONDO_AGENT_HIDDEN: stack.data,
      RONDO_AGENT_NAME: 'local',
      RONDO_EXECUTOR: executor,
      RONDO_AGENT_SSH_PORTS: 'off',
    },
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return async () => {
    child.kill('SIGHUP')
    await ended
  }
}
