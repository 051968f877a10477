import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type SettingValues, settingNames, settingProblem, settingVariable } from '@rondo/model'
import { allRoles, type Role } from './roles.ts'

/** Everything the server takes from its environment, read once. */
export interface ServerEnv {
  /** RONDO_DATA: folder for everything Rondo keeps; default `.rondo` beside the program. */
  readonly dataFolder: string
  /** RONDO_HOST: address to listen on; default all. */
  readonly host: string
  /** RONDO_PORT: web app, API and Git; default 8080. */
  readonly port: number
  /** RONDO_AGENT_PORT: agents; default 8585. */
  readonly agentPort: number
  /** RONDO_AGENT_TLS_CERT, RONDO_AGENT_TLS_KEY: certificate, with those between it and its authority, and key (PEM), with which the agents' port speaks TLS; default plain HTTP. */
  readonly agentTls: { readonly certFile: string; readonly keyFile: string } | undefined
  /** RONDO_SSH_PORT: Git over SSH, for checkout keys; without it Git is spoken over HTTP alone. */
  readonly sshPort: number | undefined
  /** RONDO_KNOWN_HOSTS: file in the format of known_hosts, whose hosts jobs may trust beside github.com, bitbucket.org and gitlab.com. */
  readonly knownHostsFile: string | undefined
  /** RONDO_PUBLIC_URL: address that people and job containers are told; default http://localhost:PORT. */
  readonly publicUrl: string
  /** DATABASE_URL: your PostgreSQL; without it Rondo runs its own. */
  readonly databaseUrl: string | undefined
  /** RONDO_AGENT: `local` starts an agent on this machine, `none` does not. */
  readonly agent: 'local' | 'none'
  /** RONDO_EXECUTOR: what docker jobs run in: `docker`, `sandbox`, or `auto` (an engine when one answers). */
  readonly executor: 'auto' | 'docker' | 'sandbox'
  /** RONDO_ROLES: what this process does of api, agents, conductor and cron, with commas between; default all of it. */
  readonly roles: readonly Role[]
  /** RONDO_INSTANCE: name of this process among those of a data folder, when roles are split; default its roles. */
  readonly instance: string
  /** What the agent on this machine takes from the environment beside: see `DockerSettings` of the agent. */
  readonly agentSettings: Readonly<Record<string, string>>
  /**
   * RONDO_STOP_WITH_INPUT: `yes` makes the server its parent's own: it stops when its standard input ends, as it does when the
   * parent is killed, and nothing that it ran goes on without it.
   */
  readonly stopWithInput: boolean
  /** RONDO_TIME_RUN, RONDO_RETENTION_ARTIFACTS and so on: the table of settings in docs/administration.md. */
  readonly settings: SettingValues
  /** RONDO_HOLDS: environments of failed jobs that one organisation may keep at once; default 3, and 0 keeps none. */
  readonly holdQuota: number
  /** RONDO_LOST_AFTER: minutes without a sign of its agent after which a job is given up, 1 to 60; default 5. */
  readonly lostAfterMs: number
  /** RONDO_ORB_NETWORKS: private ranges (`10.1.0.0/16,fd00::/8`) from which orbs may be read by https; default none. */
  readonly orbNetworks: readonly string[]
  /** RONDO_LOG_LEVEL: trace, debug, info, warn or error. */
  readonly logLevel: string
}

const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url))
/** Handed on to the agent as they are. The agent's package knows what they mean, and main.ts asks it when one is set. */
export const agentVariables = [
  'DOCKER_HOST',
  'RONDO_IMAGE_PULL',
  'RONDO_REGISTRY_MIRRORS',
  'AWS_ENDPOINT_URL_ECR',
  'AWS_ENDPOINT_URL_STS',
  'RONDO_JOB_DISK_GB',
  'RONDO_SUDO',
  'RONDO_BAD_RUNTIME',
  'RONDO_WARM_CONTAINERS',
  'RONDO_AGENT_CPUS',
  'RONDO_AGENT_MEMORY_MB',
  'RONDO_AGENT_TASKS',
  'RONDO_AGENT_DISK_CLOSE',
  'RONDO_AGENT_SSH_HOST',
  'RONDO_AGENT_SSH_BIND',
  'RONDO_AGENT_SSH_PORTS',
]
const logLevels = ['trace', 'debug', 'info', 'warn', 'error']

/** Reads and checks the environment. All problems are answered together, as sentences. */
export function readServerEnv(source: NodeJS.ProcessEnv = process.env): {
  env: ServerEnv
  problems: readonly string[]
} {
  const problems: string[] = []
  const port = readPort(source, 'RONDO_PORT', 8080, problems)
  const agentPort = readPort(source, 'RONDO_AGENT_PORT', 8585, problems)
  const env: ServerEnv = {
    dataFolder: resolve(source.RONDO_DATA || `${repositoryRoot}/.rondo`),
    host: source.RONDO_HOST || '0.0.0.0',
    port,
    agentPort,
    agentTls: readAgentTls(source, problems),
    sshPort: source.RONDO_SSH_PORT ? readPort(source, 'RONDO_SSH_PORT', 22, problems) : undefined,
    knownHostsFile: source.RONDO_KNOWN_HOSTS ? resolve(source.RONDO_KNOWN_HOSTS) : undefined,
    publicUrl: readUrl(source, 'RONDO_PUBLIC_URL', `http://localhost:${port}`, problems),
    databaseUrl: source.DATABASE_URL || undefined,
    agent: readChoice(source, 'RONDO_AGENT', ['local', 'none'], problems),
    executor: readChoice(source, 'RONDO_EXECUTOR', ['auto', 'docker', 'sandbox'], problems),
    ...readRoles(source, problems),
    agentSettings: Object.fromEntries(agentVariables.flatMap((name) => (source[name] ? [[name, source[name]]] : []))),
    stopWithInput: source.RONDO_STOP_WITH_INPUT === 'yes',
    settings: readSettings(source, problems),
    holdQuota: readCount(source, 'RONDO_HOLDS', 3, problems),
    lostAfterMs: readMinutes(source, 'RONDO_LOST_AFTER', 5, problems) * 60_000,
    orbNetworks: readNetworks(source, 'RONDO_ORB_NETWORKS', problems),
    logLevel: source.RONDO_LOG_LEVEL || 'info',
  }
  if (!logLevels.includes(env.logLevel))
    problems.push(`RONDO_LOG_LEVEL is "${env.logLevel}"; use one of ${logLevels.join(', ')}.`)
  return { env, problems }
}

function readRoles(source: NodeJS.ProcessEnv, problems: string[]): Pick<ServerEnv, 'roles' | 'instance'> {
  const asked = (source.RONDO_ROLES || allRoles.join(',')).split(',').map((name) => name.trim())
  const roles = allRoles.filter((role) => asked.includes(role))
  const strangers = asked.filter((name) => !allRoles.some((role) => role === name))
  if (strangers.length > 0)
    problems.push(
      `RONDO_ROLES names "${strangers.join(',')}"; use some of ${allRoles.join(', ')}, with commas between.`,
    )
  const instance = source.RONDO_INSTANCE || (roles.length === allRoles.length ? 'server' : roles.join('-'))
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(instance))
    problems.push(`RONDO_INSTANCE is "${instance}"; use lower-case letters, digits and "-".`)
  return { roles, instance }
}

function readAgentTls(source: NodeJS.ProcessEnv, problems: string[]): ServerEnv['agentTls'] {
  const { RONDO_AGENT_TLS_CERT: certFile, RONDO_AGENT_TLS_KEY: keyFile } = source
  if (certFile && keyFile) return { certFile: resolve(certFile), keyFile: resolve(keyFile) }
  if (certFile || keyFile)
    problems.push('RONDO_AGENT_TLS_CERT and RONDO_AGENT_TLS_KEY belong together; set both, or neither.')
  return undefined
}

function readPort(source: NodeJS.ProcessEnv, name: string, fallback: number, problems: string[]): number {
  const text = source[name]
  if (!text) return fallback
  const port = Number(text)
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port
  problems.push(`${name} is "${text}"; use a whole number from 1 to 65535.`)
  return fallback
}

function readMinutes(source: NodeJS.ProcessEnv, name: string, fallback: number, problems: string[]): number {
  const text = source[name]
  if (!text) return fallback
  const minutes = Number(text)
  if (minutes >= 1 && minutes <= 60) return minutes
  problems.push(`${name} is "${text}"; use a number of minutes from 1 to 60.`)
  return fallback
}

function readCount(source: NodeJS.ProcessEnv, name: string, fallback: number, problems: string[]): number {
  const text = source[name]
  if (!text) return fallback
  const count = Number(text)
  if (Number.isInteger(count) && count >= 0 && count <= 10_000) return count
  problems.push(`${name} is "${text}"; use a whole number from 0 on.`)
  return fallback
}

function readNetworks(source: NodeJS.ProcessEnv, name: string, problems: string[]): readonly string[] {
  const ranges = (source[name] ?? '').split(',').map((range) => range.trim())
  return ranges.filter((range) => {
    if (range === '') return false
    const [address = '', bits] = range.split('/')
    const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
    if (most > 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))) return true
    problems.push(`${name} holds "${range}"; use ranges such as 10.1.0.0/16, with commas between them.`)
    return false
  })
}

function readUrl(source: NodeJS.ProcessEnv, name: string, fallback: string, problems: string[]): string {
  const text = source[name] || fallback
  if (URL.canParse(text) && /^https?:/.test(text)) return text.replace(/\/+$/, '')
  problems.push(`${name} is "${text}"; use an address such as https://ci.example.com.`)
  return fallback
}

function readChoice<T extends string>(
  source: NodeJS.ProcessEnv,
  name: string,
  choices: readonly [T, ...T[]],
  problems: string[],
): T {
  const text = source[name] || choices[0]
  const choice = choices.find((candidate) => candidate === text)
  if (choice !== undefined) return choice
  problems.push(`${name} is "${text}"; use one of ${choices.join(', ')}.`)
  return choices[0]
}

/** Settings of the installation; administrators may set others, for all or for some, without a restart. */
function readSettings(source: NodeJS.ProcessEnv, problems: string[]): SettingValues {
  return Object.fromEntries(
    settingNames.flatMap((name) => {
      const variable = settingVariable(name)
      const text = source[variable]
      if (!text) return []
      const problem = settingProblem(name, /^\d+$/.test(text) ? Number(text) : text)
      if (problem === undefined) return [[name, Number(text)]]
      problems.push(`${variable}: ${problem}`)
      return []
    }),
  )
}
