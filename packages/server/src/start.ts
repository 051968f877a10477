import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createGitHosting,
  createGitSsh,
  openFileKeyRing,
  openFileObjects,
  openFileOutput,
  peerIsSandboxed,
  randomId,
  startEmbeddedPostgres,
  systemClock,
} from '@rondo/adapters'
import { createAgentServer, createGitKeys, createWebServer, hashToken, type WebPorts } from '@rondo/api'
import {
  announce,
  type Compiler,
  checkoutProject,
  createAttemptCredentials,
  createCompilerPool,
  createContinuationKeys,
  createDispatcher,
  createOrbLookup,
  createOrbRegistry,
  createStartChecks,
  createUserActions,
  doChores,
  enforceLimits,
  resumeContinuations,
  runSchedules,
  type StartChecks,
  sweepLeases,
} from '@rondo/conductor'
import type { StepOutput, UserActions } from '@rondo/model'
import { createStore, type Store } from '@rondo/store'
import { type DataFolder, openDataFolder } from './data-folder.ts'
import { databaseRefusal } from './database-refusal.ts'
import type { ServerEnv } from './env.ts'
import { ensureFirstAdmin, type FirstAdmin } from './first-admin.ts'
import { takeInstanceLock } from './instance-lock.ts'
import { createLocalAgent, localAgentToken } from './local-agent.ts'
import { openLog } from './log.ts'
import { requireFreePort } from './port-check.ts'
import { openSshHost, readKnownHosts } from './ssh-host.ts'

export interface StartedServer {
  readonly admin: FirstAdmin | undefined
  /** True at the first start of an installation. */
  readonly fresh: boolean
  /** Stops everything that was started, in reverse. */
  stop(): Promise<void>
}

const webFolder = fileURLToPath(new URL('../../web/dist/', import.meta.url))
const limits = { maxRunMs: 5 * 3_600_000, maxOutputBytesPerStep: 1024 ** 3 }

/**
 * Starts every part in order. When one cannot start, those before it are stopped again and its AppError is thrown: nothing
 * is left half started.
 */
export async function startServer(env: ServerEnv): Promise<StartedServer> {
  const stops: (() => Promise<unknown> | unknown)[] = []
  const stop = async () => {
    for (const undo of stops.splice(0).reverse()) await undo()
  }
  try {
    await requireFreePort(env.host, env.port, 'RONDO_PORT')
    await requireFreePort(env.host, env.agentPort, 'RONDO_AGENT_PORT')
    if (env.sshPort !== undefined) await requireFreePort(env.host, env.sshPort, 'RONDO_SSH_PORT')
    const folder = await openDataFolder(env.dataFolder)
    const lock = takeInstanceLock(folder.root)
    stops.push(() => lock[Symbol.dispose]())
    const log = openLog(folder.logs, env.logLevel)
    const running = new AbortController()
    const store = await openStore(env, folder, running.signal, stops)
    const output = await openFileOutput(folder.output)
    stops.push(() => output[Symbol.asyncDispose]())
    const loops: Promise<void>[] = []
    stops.push(async () => {
      running.abort()
      await Promise.all(loops)
    })
    const compiler = createCompilerPool({ orbs: createOrbLookup(store.orbs) })
    stops.push(() => compiler.close())
    const parts = await createParts(env, folder, { store, compiler, output, log })
    await parts.web.listen({ host: env.host, port: env.port })
    stops.push(() => parts.web.close())
    await parts.agents.listen({ host: env.host, port: env.agentPort })
    stops.push(() => parts.agents.close())
    const { ssh } = parts
    if (ssh !== undefined && env.sshPort !== undefined) {
      await ssh.listen({ host: env.host, port: env.sshPort })
      stops.push(() => ssh.close())
    }
    const { admin, created } = await ensureFirstAdmin(store.accounts, folder.root)
    loops.push(
      store.start(running.signal),
      ...startLoops({ ...parts, store, compiler, output, log, lostAfterMs: env.lostAfterMs }, running.signal),
    )
    if (env.agent === 'local') {
      const agent = createLocalAgent(env, folder)
      const supervising = new AbortController()
      void agent.supervise(supervising.signal)
      stops.push(async () => {
        supervising.abort()
        await agent.stop()
      })
    }
    log.info({ port: env.port, agentPort: env.agentPort }, 'ready')
    return { admin, fresh: created, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function openStore(
  env: ServerEnv,
  folder: DataFolder,
  signal: AbortSignal,
  stops: (() => unknown)[],
): Promise<Store> {
  let connectionString = env.databaseUrl
  if (connectionString === undefined) {
    const postgres = await startEmbeddedPostgres({
      dataFolder: folder.postgres,
      logFile: join(folder.logs, 'postgres.log'),
    })
    stops.push(() => postgres.stop())
    void postgres.supervise(signal)
    connectionString = postgres.connectionString
  }
  const store = createStore({ connectionString, settings: env.settings })
  stops.push(() => store.close())
  await store.migrate().catch((cause) => {
    throw env.databaseUrl === undefined ? cause : databaseRefusal(env.databaseUrl, cause)
  })
  return store
}

interface Basis {
  readonly store: Store
  readonly compiler: Compiler
  readonly output: StepOutput
  readonly log: ReturnType<typeof openLog>
}

/** What goes on by itself, for as long as the server runs. Each ends with the signal, after the round it is in. */
function startLoops(
  {
    store,
    compiler,
    output,
    checks,
    actions,
    log,
    lostAfterMs,
  }: Basis & { readonly lostAfterMs: number } & { readonly checks: StartChecks; readonly actions: UserActions },
  signal: AbortSignal,
): readonly Promise<void>[] {
  const ports = {
    engine: store.engine,
    wakeups: store.wakeups,
    output,
    compiler,
    checks,
    clock: systemClock,
    newId: randomId,
  }
  const onError = (what: string) => (error: unknown) => log.error(error, what)
  return [
    announce(
      ports,
      {
        instance: { name: 'server', roles: ['api', 'agents', 'conductor', 'cron'] },
        onError: onError('not announced'),
      },
      signal,
    ),
    sweepLeases(ports, { lostAfterMs, onError: onError('lease sweep failed') }, signal),
    doChores(ports, { onError: onError('a chore failed') }, signal),
    enforceLimits({ ...ports, settings: store.settings }, { onError: onError('limits were not enforced') }, signal),
    runSchedules(
      { schedules: store.schedules, accounts: store.accounts, actions, clock: systemClock },
      { onError: onError('a schedule did not run') },
      signal,
    ),
    resumeContinuations(ports, { onError: onError('continuations were not resumed') }, signal),
  ]
}

async function createParts(env: ServerEnv, folder: DataFolder, { store, compiler, output, log }: Basis) {
  const [keyRing, objects] = await Promise.all([
    openFileKeyRing(join(folder.keys, 'key-ring.json')),
    openFileObjects(folder.objects),
  ])
  const hosting = createGitHosting(folder.repositories)
  const sshHost = openSshHost(env, folder.keys)
  const credentials = createAttemptCredentials(serverSecret(join(folder.keys, 'server-secret')))
  const continuationKeys = createContinuationKeys(serverSecret(join(folder.keys, 'server-secret')))
  const checks = createStartChecks(randomId)
  const actions = createUserActions({
    engine: store.engine,
    repositories: hosting,
    compiler,
    publicUrl: env.publicUrl,
    clock: systemClock,
    newId: randomId,
    continuationKeys,
  })
  const dispatcher = createDispatcher({
    engine: store.engine,
    wakeups: store.wakeups,
    agents: store.agents,
    usage: store.usage,
    objects,
    output,
    checks,
    clock: systemClock,
    taskSpec: {
      secrets: store.secrets,
      settings: store.settings,
      sshKeys: store.sshKeys,
      checkoutKeys: store.checkoutKeys,
      keyRing,
      credentials,
      continuationKeys,
      publicUrl: env.publicUrl,
      limits,
      knownHosts: readKnownHosts(env.knownHostsFile),
      ...(sshHost === undefined ? {} : { sshHosting: sshHost }),
      lostAfterMs: env.lostAfterMs,
    },
  })
  const onError = (error: unknown, request: { method: string; url: string }) =>
    log.error({ err: error, ...request }, 'request failed')
  const webPorts: WebPorts = {
    accounts: store.accounts,
    agents: store.agents,
    usage: store.usage,
    secrets: store.secrets,
    projectTokens: store.projectTokens,
    follows: store.follows,
    checkoutKeys: store.checkoutKeys,
    sshKeys: store.sshKeys,
    insights: store.insights,
    schedules: store.schedules,
    queries: store.queries,
    queue: store.queue,
    settings: store.settings,
    live: store.live,
    objects,
    output,
    keyRing,
    hosting,
    actions,
    compiler,
    orbs: createOrbRegistry({ store: store.orbs, accounts: store.accounts, compiler }),
    attemptProject: (password) => checkoutProject({ engine: store.engine, credentials }, password),
  }
  const web = await createWebServer(webPorts, { publicUrl: env.publicUrl, webFolder, onError })
  const keys = createGitKeys(webPorts, { publicUrl: env.publicUrl, onError })
  const ssh =
    sshHost &&
    createGitSsh(
      { hosting, ...keys },
      { hostKey: sshHost.privateKey, onError: (error, command) => onError(error, { method: 'SSH', url: command }) },
    )
  // Hashes are compared, so that how long it takes says nothing of the token.
  const expected = hashToken(localAgentToken(folder).token)
  const id = await dispatcher.register({
    name: 'local',
    version: '',
    hostname: '',
    os: '',
    arch: '',
    cpus: 0,
    memoryMb: 0,
    executors: [],
  })
  const agents = createAgentServer(
    {
      admits: async (connection) => !(await peerIsSandboxed(connection)),
      authenticate: (given) => (hashToken(given).equals(expected) ? { id } : undefined),
      controlPlane: planes(dispatcher),
    },
    { onError },
  )
  return { web, agents, ssh, checks, actions }
}

/** One object an agent for as long as the server lives. */
function planes(
  dispatcher: ReturnType<typeof createDispatcher>,
): Parameters<typeof createAgentServer>[0]['controlPlane'] {
  const known = new Map<string, ReturnType<typeof dispatcher.controlPlane>>()
  return (agent) => {
    const plane = known.get(agent.id) ?? dispatcher.controlPlane(agent)
    known.set(agent.id, plane)
    return plane
  }
}

function serverSecret(path: string): Buffer {
  if (!existsSync(path)) writeFileSync(path, randomBytes(32), { mode: 0o600 })
  return readFileSync(path)
}
