import { spawn } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import type Docker from 'dockerode'

/** Network of all jobs on an engine: the engine lets nothing pass between its containers. */
const jobsNetwork = 'rondo-jobs'

/** The network jobs run in, made when it is not there. */
export async function ensureJobsNetwork(docker: Docker): Promise<JobsNetwork> {
  const found = await inspectNetwork(docker)
  if (found !== undefined) return found
  await docker
    .createNetwork({
      Name: jobsNetwork,
      Driver: 'bridge',
      EnableIPv6: false,
      Options: { 'com.docker.network.bridge.enable_icc': 'false' },
      Labels: { 'rondo.network': 'jobs' },
    })
    .catch((error) => {
      // Another agent made it in between.
      if (error.statusCode !== 409) throw error
    })
  const made = await inspectNetwork(docker)
  if (made === undefined) throw new Error(`the network ${jobsNetwork} is gone as soon as it was made`)
  return made
}

export interface JobsNetwork {
  readonly name: string
  /** The machine's address in it, where the engine tells it. */
  readonly gateway: string | undefined
  readonly subnets: readonly string[]
}

async function inspectNetwork(docker: Docker): Promise<JobsNetwork | undefined> {
  const found = await docker
    .getNetwork(jobsNetwork)
    .inspect()
    .catch((error) => {
      if (error.statusCode !== 404) throw error
    })
  if (found === undefined) return undefined
  const ranges = found.IPAM?.Config ?? []
  const subnets = ranges.flatMap((range) => range.Subnet ?? [])
  return { name: jobsNetwork, subnets, gateway: ranges[0]?.Gateway?.split('/')[0] }
}

/** What a job may reach beside the world outside. */
export interface Openings {
  /** Address of the web server as the job's checkout has it: the one port of this machine that stays open. */
  readonly webUrl: string
  /** Where its Git is reached over SSH, for a job that was given a key for it. */
  readonly sshUrl?: string
  /** Address for agents, which is closed wherever it is. */
  readonly agentsUrl: string
}

/** Starting a program keeps this process from all else for some milliseconds. */
const momentMs = 2

/** Closes one container's network, made ready while the engine starts that container. */
export interface NetworkCloser {
  /** Closes the network of a process's container. Answers why it could not be done, if so. */
  close(pid: number): Promise<string | undefined>
  /** There is no container to close. */
  discard(): void
}

/**
 * Closes a container's network towards this machine, but for the web server's port and names (DNS), towards the addresses
 * at which clouds give out credentials, and towards other jobs (rule D-22). The rules stand in the container's own network
 * space, so they go with it, hold for its services too, and nobody inside has the right to change them. It takes root and
 * iptables on the machine of the engine. The program that sets them is started ahead and waits for the process's number:
 * starting a program takes longer than what it does, and the job's first step waits for both. To be called just before the
 * engine is asked for the container, for which it has a moment to hear of that.
 */
export function prepareClosing(
  { subnets, gateway }: Pick<JobsNetwork, 'subnets' | 'gateway'>,
  openings: Openings,
): NetworkCloser {
  const script = 'read -r pid && exec nsenter -t "$pid" -n iptables-restore --noflush'
  const program = sleep(momentMs).then(() => startProgram('sh', ['-c', script]))
  const rules = agentsAddress(openings.agentsUrl).then((agents) =>
    networkRules(
      machineAddresses(gateway),
      subnets,
      [openings.webUrl, openings.sshUrl].flatMap((url) => (url === undefined ? [] : [portOf(url)])),
      agents,
    ),
  )
  rules.catch(() => {})
  program.catch(() => {})
  return {
    close: async (pid) => (await program).finish(`${pid}\n${await rules}`),
    // One that could not be started says so to whoever closes.
    discard: () => void program.then(({ finish }) => finish('')).catch(() => {}),
  }
}

export function networkRules(
  own: readonly string[],
  subnets: readonly string[],
  ports: readonly number[],
  agents: { readonly address: string; readonly port: number } | undefined,
): string {
  const names = (to: string) => ['udp', 'tcp'].map((over) => `-A OUTPUT -d ${to} -p ${over} --dport 53 -j ACCEPT`)
  return [
    '*filter',
    '-A OUTPUT -o lo -j ACCEPT',
    ...own.flatMap((address) => [
      ...ports.map((port) => `-A OUTPUT -d ${address} -p tcp --dport ${port} -j ACCEPT`),
      ...names(address),
      `-A OUTPUT -d ${address} -j REJECT`,
    ]),
    // Where names are resolved at such an address, that goes on.
    ...names('169.254.0.0/16'),
    '-A OUTPUT -d 169.254.0.0/16 -j REJECT',
    ...(agents === undefined ? [] : [`-A OUTPUT -d ${agents.address} -p tcp --dport ${agents.port} -j REJECT`]),
    ...subnets.map((subnet) => `-A OUTPUT -d ${subnet} -j REJECT`),
    'COMMIT',
    '',
  ].join('\n')
}

/**
 * IPv4 addresses of this machine; networks of jobs have no others. Node.js leaves out interfaces without a carrier, and a
 * bridge without containers is one, so the kernel's own table of local addresses is read too. Podman even takes a bridge away
 * with its last container: the gateway of the jobs' network is an address of this machine's as soon as a job is there.
 */
export function machineAddresses(gateway: string | undefined): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const running = all.filter((found) => found.family === 'IPv4' && !found.internal).map((found) => found.address)
  return [...new Set([...running, ...localAddresses(kernelRoutes()), ...(gateway === undefined ? [] : [gateway])])]
}

/** Addresses that a text of `/proc/net/fib_trie` calls local, without those of the loopback. */
export function localAddresses(trie: string): readonly string[] {
  return [...trie.matchAll(/\|-- ([\d.]+)\n\s*\/32 host LOCAL/g)]
    .map((match) => match[1] ?? '')
    .filter((address) => !address.startsWith('127.'))
}

function kernelRoutes(): string {
  try {
    return readFileSync('/proc/net/fib_trie', 'utf8')
  } catch {
    return ''
  }
}

async function agentsAddress(url: string): Promise<{ address: string; port: number } | undefined> {
  const found = await lookup(new URL(url).hostname, 4).catch(() => undefined)
  return found === undefined ? undefined : { address: found.address, port: portOf(url) }
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url)
  return Number(port) || (protocol === 'https:' ? 443 : protocol === 'ssh:' ? 22 : 80)
}

/** A program that waits for its input. `finish` gives it and answers why the program failed, if so. */
function startProgram(
  program: string,
  args: readonly string[],
): { finish(input: string): Promise<string | undefined> } {
  const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'pipe'] })
  let said = ''
  child.stderr.on('data', (bytes) => {
    said += bytes
  })
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code) =>
      resolve(code === 0 ? undefined : said.trim().split('\n')[0] || `${program} ended with ${code}`),
    )
  })
  child.stdin.on('error', () => {})
  return {
    finish(input) {
      child.stdin.end(input)
      return ended
    },
  }
}
