import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { engineVariables } from './capabilities.ts'

const program = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))

export interface AgentProcessOptions {
  /** The agents' port of the server, or of what stands between. */
  readonly port: number
  readonly token: string
  readonly executor: 'docker' | 'sandbox'
  /** What it calls itself when it joins. */
  readonly name?: string
  /** Where it works; default a new folder, removed with `remove`. */
  readonly folder?: string
  readonly env?: Readonly<Record<string, string>>
}

/** An agent on a machine of its own, as far as processes go: what it runs is in its process namespace, and ends with that. */
export interface AgentProcess {
  readonly folder: string
  /** Everything it printed. */
  log(): string
  lives(): boolean
  /** Its exit code, once it has ended. */
  readonly ended: Promise<number | null>
  /** As its operator does at the machine. */
  signal(signal: NodeJS.Signals): void
  /** The power is cut: it and all that it runs are gone in the same moment. */
  cutPower(): Promise<void>
  /** Ends it at once, and takes its folder away unless that was given. */
  remove(): Promise<void>
}

/** Starts an agent as its operator does, beside a server that has none. */
export function startAgentProcess({ port, token, executor, name, env, ...more }: AgentProcessOptions): AgentProcess {
  const root = more.folder ?? mkdtempSync(join(tmpdir(), 'rondo-agent-'))
  const [folder, secrets] = [join(root, 'work'), join(root, 'secret')]
  for (const path of [folder, secrets]) mkdirSync(path, { recursive: true })
  writeFileSync(join(secrets, 'token'), `${token}\n`, { mode: 0o600 })
  const printed: Buffer[] = []
  const child = inNamespace([process.execPath, program, 'agent', 'start'], {
    PATH: process.env.PATH,
    ...engineVariables,
    RONDO_SERVER_URL: `http://127.0.0.1:${port}`,
    RONDO_AGENT_TOKEN_FILE: join(secrets, 'token'),
    RONDO_AGENT_DATA: folder,
    RONDO_AGENT_HIDDEN: root,
    RONDO_EXECUTOR: executor,
    RONDO_AGENT_SSH_PORTS: 'off',
    ...(name === undefined ? {} : { RONDO_AGENT_NAME: name }),
    ...env,
  })
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => printed.push(chunk))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  const lives = () => child.exitCode === null && child.signalCode === null

  /** The first process of the namespace, without which the others cannot be. */
  const first = () => Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').split(' ')[0])

  async function cutPower(): Promise<void> {
    if (lives()) process.kill(first(), 'SIGKILL')
    await ended
  }

  return {
    folder: root,
    log: () => String(Buffer.concat(printed)),
    lives,
    ended,
    signal: (signal) => void process.kill(first(), signal),
    cutPower,
    async remove() {
      await cutPower()
      if (more.folder === undefined) rmSync(root, { recursive: true, force: true })
    },
  }
}

function inNamespace(command: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
  return spawn('unshare', [...asRoot, '--pid', '--fork', '--kill-child', '--mount-proc', ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  })
}
