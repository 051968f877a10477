import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { type DockerSettings, readDockerSettings } from './executors/docker/settings.ts'
import { defaultSshPorts } from './ssh/ssh-options.ts'

/** Everything the agent takes from its environment, read once. */
export interface AgentEnv {
  /** RONDO_SERVER_URL: the server's address for agents. */
  readonly serverUrl: string
  /**
   * RONDO_SERVER_CA: file with the certificates (PEM) by which a server at an `https:` address is known, and by no others: of
   * authorities, or its own; default those of the system.
   */
  readonly serverCa: string | undefined
  /** RONDO_AGENT_TOKEN_FILE: file that holds the agent's token, or a joining token; jobs in the host sandbox do not see its folder. */
  readonly tokenFile: string
  /** RONDO_AGENT_DATA: folder for running tasks. */
  readonly dataFolder: string
  /** RONDO_AGENT_NAME: with a joining token the name to join under; default the host's. An agent's own token names it already. */
  readonly name: string
  /** RONDO_AGENT_HIDDEN: folders that jobs in the host sandbox never see, separated by colons; default none. */
  readonly hidden: readonly string[]
  /** RONDO_EXECUTOR: auto, docker or sandbox. */
  readonly executor: 'auto' | 'docker' | 'sandbox'
  /** RONDO_AGENT_DISK_CLOSE: used percent of a disk at which no new tasks are taken, 10 to 100; default 90. */
  readonly diskCloseAt: number
  readonly docker: DockerSettings
  /**
   * RONDO_AGENT_SSH_HOST, RONDO_AGENT_SSH_BIND, RONDO_AGENT_SSH_PORTS (`64535-65535`): where people enter jobs that were rerun with
   * SSH: address they are told, address that is listened on, and ports; default the host's name and all addresses. `off` as ports: nowhere.
   */
  readonly ssh: { readonly host: string; readonly bind: string; readonly ports: readonly [number, number] } | undefined
  /** RONDO_AGENT_CPUS, RONDO_AGENT_MEMORY_MB, RONDO_AGENT_TASKS: what of the machine tasks may use; default all, and four tasks a CPU. */
  readonly capacity: { readonly cpus?: number; readonly memoryMb?: number; readonly tasks?: number }
}

/** AppError-free: a missing variable is a mistake of whoever starts the agent, and ends it with a sentence. */
export function readAgentEnv(source: NodeJS.ProcessEnv = process.env): AgentEnv {
  const executor = source.RONDO_EXECUTOR ?? 'auto'
  if (executor !== 'auto' && executor !== 'docker' && executor !== 'sandbox')
    throw new Error(`RONDO_EXECUTOR is "${executor}"; use auto, docker or sandbox.`)
  const { settings, problems } = readDockerSettings(source)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  const serverUrl = required(source, 'RONDO_SERVER_URL')
  const serverCa = source.RONDO_SERVER_CA || undefined
  if (serverCa !== undefined && !serverUrl.startsWith('https:'))
    throw new Error(`RONDO_SERVER_CA is set, so RONDO_SERVER_URL must begin with https:; it is "${serverUrl}".`)
  return {
    serverUrl,
    serverCa,
    tokenFile: resolve(required(source, 'RONDO_AGENT_TOKEN_FILE')),
    // Engines take no other, and by its path its things are told from those of other agents.
    dataFolder: resolve(required(source, 'RONDO_AGENT_DATA')),
    name: source.RONDO_AGENT_NAME ?? hostname(),
    hidden: (source.RONDO_AGENT_HIDDEN ?? '').split(':').filter(Boolean),
    executor,
    diskCloseAt: percent(source, 'RONDO_AGENT_DISK_CLOSE', 90),
    docker: settings,
    ssh: readSsh(source),
    capacity: {
      ...positive(source, 'RONDO_AGENT_CPUS', 'cpus'),
      ...positive(source, 'RONDO_AGENT_MEMORY_MB', 'memoryMb'),
      ...positive(source, 'RONDO_AGENT_TASKS', 'tasks'),
    },
  }
}

function readSsh(source: NodeJS.ProcessEnv): AgentEnv['ssh'] {
  const text = source.RONDO_AGENT_SSH_PORTS || defaultSshPorts.join('-')
  if (text === 'off') return undefined
  const [, first = 0, last = 0] = /^(\d{1,5})-(\d{1,5})$/.exec(text)?.map(Number) ?? []
  if (!(first > 0 && first <= last && last < 65_536))
    throw new Error(`RONDO_AGENT_SSH_PORTS is "${text}"; write it as 64535-65535, or off.`)
  const host = source.RONDO_AGENT_SSH_HOST || hostname()
  return { host, bind: source.RONDO_AGENT_SSH_BIND || '0.0.0.0', ports: [first, last] }
}

function percent(source: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const value = Number(source[name] || fallback)
  if (!(value >= 10 && value <= 100)) throw new Error(`${name} is "${source[name]}"; use a number from 10 to 100.`)
  return value
}

function positive<K extends string>(source: NodeJS.ProcessEnv, name: string, key: K): { readonly [P in K]?: number } {
  const text = source[name]
  if (!text) return {}
  const value = Number(text)
  const whole = key !== 'cpus'
  if (!(value > 0 && value < 1e9 && (!whole || Number.isInteger(value))))
    throw new Error(`${name} is "${text}"; use a ${whole ? 'whole ' : ''}number above 0.`)
  return { [key]: value } as { readonly [P in K]?: number }
}

function required(source: NodeJS.ProcessEnv, name: string): string {
  const value = source[name]
  if (!value) throw new Error(`${name} is not set; the agent cannot start without it.`)
  return value
}
