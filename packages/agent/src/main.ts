import { readFileSync, realpathSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { dirname, join } from 'node:path'
import { takeProcessLock, withholdMemory } from '@rondo/adapters'
import { runAgent } from './agent.ts'
import { createControlPlaneClient } from './control-plane/client.ts'
import { trustFile } from './control-plane/server-trust.ts'
import { readAgentEnv } from './env.ts'
import { connectDocker } from './executors/docker/docker.ts'
import { removeLeftGroups } from './executors/left-groups.ts'
import { createSandboxExecutor } from './executors/sandbox.ts'
import { sandboxProblem } from './executors/sandbox-start.ts'
import { capacityOf } from './life/capacity.ts'
import { openLog } from './life/log.ts'
import { ownToken } from './life/own-token.ts'
import { seatOf } from './life/seat.ts'
import { isRefusal } from './life/take-seat.ts'

const keepCompiledMs = 5_000
/** As `EX_NOPERM`: started again it would be refused again. */
const notPermitted = 77
withholdMemory()
const env = readAgentEnv()
const [drain, stop] = [new AbortController(), new AbortController()]
// Asked once it finishes what runs; asked again, or to hand over, it leaves what runs to the next agent at once.
for (const name of ['SIGTERM', 'SIGINT'] as const)
  process.on(name, () => (drain.signal.aborted ? stop.abort() : drain.abort()))
process.on('SIGHUP', () => stop.abort())

const log = openLog(process.stdout)
// Before anything else: a second agent on the same folder would run the same tasks.
const lock = takeProcessLock(join(env.dataFolder, 'agent.pid'))
if (!lock.taken) {
  log('another agent works on this data folder; this one ends', { dataFolder: env.dataFolder, holder: lock.holder.pid })
  process.exit(75)
}
const docker =
  env.executor === 'sandbox'
    ? undefined
    : await connectDocker({ settings: env.docker, owner: env.dataFolder, agentsUrl: env.serverUrl })
if (docker === undefined && env.executor === 'docker')
  throw new Error(
    `RONDO_EXECUTOR is docker, but no engine answers on ${env.docker.socket}. Start it, set DOCKER_HOST to its socket, or use auto.`,
  )
for (const fault of docker?.faults ?? []) log('the container engine has a known hole', { fault, ...docker?.versions })
if (docker !== undefined && docker.faults.length > 0 && env.docker.badRuntime === 'refuse')
  throw new Error(
    `RONDO_BAD_RUNTIME is refuse, and this engine has known holes:\n${docker.faults.join('\n')}\nOr set it to warn.`,
  )
const problem = docker === undefined ? await sandboxProblem() : undefined
if (problem !== undefined)
  throw new Error(
    `There is no Docker engine, and a sandbox cannot be made here (${problem}). Install docker.io, or allow user namespaces to this user.`,
  )

// For the agent that comes after this one, which may be killed before it could keep what it compiled.
setTimeout(flushCompileCache, keepCompiledMs).unref()
const seat = seatOf(env.dataFolder)
const trust = env.serverCa === undefined ? undefined : trustFile(env.serverCa)
// A file that cannot be used is a mistake of whoever starts the agent; nothing begins with it.
trust?.options()
const given = readFileSync(env.tokenFile, 'utf8').trim()
try {
  await work()
} catch (error) {
  if (!isRefusal(error)) throw error
  log('the server refuses this agent; it ends', { reason: error.message })
  process.exit(notPermitted)
}
await docker?.stop()
process.exit(0)

async function work(): Promise<void> {
  const own = {
    serverUrl: env.serverUrl,
    trust,
    given,
    dataFolder: env.dataFolder,
    folder: seat.folder,
    name: env.name,
  }
  const { token, joinedAs } = await ownToken(own, AbortSignal.any([drain.signal, stop.signal]))
  if (joinedAs !== undefined) log('joined', { name: joinedAs })
  await runAgent(
    {
      name: env.name,
      version: '0.1.0',
      controlPlane: createControlPlaneClient(env.serverUrl, token, { seat, trust }),
      executor:
        docker?.executor ??
        createSandboxExecutor(
          [...env.hidden, env.dataFolder, dirname(env.tokenFile)].map((path) => realpathSync(path)),
        ),
      dataFolder: env.dataFolder,
      log,
      faults: docker?.faults ?? [],
      ...(env.ssh === undefined ? {} : { ssh: { ...env.ssh, folder: env.dataFolder } }),
      capacity: capacityOf(env.capacity),
      drain: drain.signal,
      house: {
        folders: [env.dataFolder, ...(docker === undefined ? [] : [docker.folder])],
        diskCloseAt: env.diskCloseAt,
        removeLeftovers: async (keep) =>
          ((await docker?.removeLeftovers(keep)) ?? 0) + removeLeftGroups(docker?.inUse(keep) ?? keep()),
        removeImages: docker?.removeImages ?? (async () => []),
      },
    },
    stop.signal,
  )
}
