import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  createGitHosting,
  createGitSsh,
  createGuardedHttps,
  openFileObjects,
  openFileOutput,
  randomId,
  systemClock,
} from '@rondo/adapters'
import { createGitKeys, createWebServer, type WebPorts } from '@rondo/api'
import {
  checkoutProject,
  createAttemptCredentials,
  createCompilerPool,
  createContinuationKeys,
  createForecaster,
  createOrbLookup,
  createOrbRegistry,
  createPushActions,
  createStandIns,
  createStartChecks,
  createUserActions,
} from '@rondo/conductor'
import { createStore, type Store } from '@rondo/store'
import { openAgentTls } from './agent-tls.ts'
import { createAgentsPart } from './agents-part.ts'
import { openBuiltInPostgres } from './built-in-postgres.ts'
import { type DataFolder, openDataFolder } from './data-folder.ts'
import { databaseRefusal } from './database-refusal.ts'
import { endWhatRuns } from './end-what-runs.ts'
import type { ServerEnv } from './env.ts'
import { ensureFirstAdmin, type FirstAdmin } from './first-admin.ts'
import { type Instance, takeInstance } from './instance-lock.ts'
import { createKeeper } from './keeper.ts'
import { createLocalAgent } from './local-agent.ts'
import { openLog } from './log.ts'
import { openKeys, openServerSecret } from './open-keys.ts'
import { requireFreePort } from './port-check.ts'
import type { Role } from './roles.ts'
import { openSshHost, readKnownHosts } from './ssh-host.ts'
import { type Basis, startLoops } from './start-loops.ts'
import { whenItAnswers } from './when-it-answers.ts'

export interface StartedServer {
  readonly admin: FirstAdmin | undefined
  /** True at the first start of an installation. */
  readonly fresh: boolean
  /** Stops everything that was started, in reverse. */
  stop(): Promise<void>
}

const webFolder = fileURLToPath(new URL('../../web/dist/', import.meta.url))
/** Of PostgreSQL's 80, so that six processes fit with room for people. */
const sharedConnections = 10
const noAdmin = { admin: undefined, created: false }
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
    const has = (role: Role) => env.roles.includes(role)
    if (has('api')) await requireFreePort(env.host, env.port, 'RONDO_PORT')
    if (has('agents')) await requireFreePort(env.host, env.agentPort, 'RONDO_AGENT_PORT')
    if (has('api') && env.sshPort !== undefined) await requireFreePort(env.host, env.sshPort, 'RONDO_SSH_PORT')
    const folder = await openDataFolder(env.dataFolder)
    const instance = takeInstance(folder.root, env)
    stops.push(() => instance[Symbol.dispose]())
    const log = openLog(folder.logs, env.logLevel)
    const running = new AbortController()
    const store = await openStore(env, { folder, instance }, running.signal, stops)
    const output = await openFileOutput(folder.output, { shared: instance.shared })
    stops.push(() => output[Symbol.asyncDispose]())
    const loops: Promise<void>[] = []
    stops.push(async () => {
      running.abort()
      await Promise.all(loops)
    })
    const compiler = createCompilerPool({
      orbs: createOrbLookup(store.orbs, {
        urls: { store: store.urlOrbs, texts: createGuardedHttps({ allowed: env.orbNetworks }) },
        settings: store.settings,
      }),
    })
    stops.push(() => compiler.close())
    const parts = await createParts(env, folder, { store, compiler, output, log, instance })
    const { web, agents, ssh } = parts
    stops.push(() => web.close())
    if (has('api')) await web.listen({ host: env.host, port: env.port })
    stops.push(() => agents?.close())
    await agents?.listen({ host: env.host, port: env.agentPort })
    if (has('api') && ssh !== undefined && env.sshPort !== undefined) {
      await ssh.listen({ host: env.host, port: env.sshPort })
      stops.push(() => ssh.close())
    }
    // It answered a moment ago, and may be gone again.
    const ensureAdmin = () => ensureFirstAdmin(store.accounts, folder.root)
    const { admin, created } = has('api') ? await whenItAnswers(ensureAdmin) : noAdmin
    loops.push(
      store.start(running.signal),
      ...startLoops({ ...parts, store, compiler, output, log, env }, running.signal),
    )
    if (has('agents') && env.agent === 'local') stops.push(keepLocalAgent(env, folder, { instance, store }))
    if (env.stopWithInput) stops.push(() => endWhatRuns({ ...parts, ...store }))
    log.info({ port: env.port, agentPort: env.agentPort, roles: env.roles }, 'ready')
    return { admin, fresh: created, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Keeps the agent of this machine alive, unless another process does. Answers how to stop that. */
function keepLocalAgent(
  env: ServerEnv,
  folder: DataFolder,
  { instance, store }: Pick<Basis, 'instance' | 'store'>,
): () => Promise<void> {
  const agent = createLocalAgent(env, folder, store)
  const keeper = createKeeper(join(folder.root, 'agent-keeper'))
  const supervising = new AbortController()
  void keeper.wait(supervising.signal).then((mine) => (mine ? agent.supervise(supervising.signal) : undefined))
  return async () => {
    supervising.abort()
    // Another process with the role takes the agent over as it is.
    if (keeper.mine && !instance.othersLive('agents')) await agent.stop()
    keeper.release()
  }
}

async function openStore(
  env: ServerEnv,
  { folder, instance }: { readonly folder: DataFolder; readonly instance: Instance },
  signal: AbortSignal,
  stops: (() => unknown)[],
): Promise<Store> {
  let connectionString = env.databaseUrl
  if (connectionString === undefined) {
    const postgres = await openBuiltInPostgres(folder, instance)
    stops.push(() => postgres.stop())
    void postgres.supervise(signal)
    connectionString = postgres.connectionString
  }
  const store = createStore({
    connectionString,
    ...(instance.shared ? { connections: sharedConnections } : {}),
    settings: env.settings,
  })
  stops.push(() => store.close())
  const { databaseUrl } = env
  if (databaseUrl === undefined) await whenItAnswers(() => store.migrate())
  else
    await store.migrate().catch((cause) => {
      throw databaseRefusal(databaseUrl, cause)
    })
  return store
}

async function createParts(env: ServerEnv, folder: DataFolder, { store, compiler, output, log, instance }: Basis) {
  const [keys, objects] = await Promise.all([
    openKeys(folder, env.roles),
    openFileObjects(folder.objects, { shared: instance.shared }),
  ])
  const hosting = createGitHosting(folder.repositories, { shared: instance.shared })
  const sshHost = openSshHost(env, folder.keys)
  const credentials = createAttemptCredentials(openServerSecret(folder))
  const continuationKeys = createContinuationKeys(openServerSecret(folder))
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
  const pushes = createPushActions({ pushes: store.pushes, actions })
  const forecaster = createForecaster({ queue: store.queue, clock: systemClock })
  const onError = (error: unknown, request: { method: string; url: string }) =>
    log.error({ err: error, ...request }, 'request failed')
  const webPorts: WebPorts = {
    accounts: store.accounts,
    agents: store.agents,
    agentTokens: store.agentTokens,
    holds: store.holds,
    usage: store.usage,
    secrets: store.secrets,
    projectTokens: store.projectTokens,
    follows: store.follows,
    checkoutKeys: store.checkoutKeys,
    sshKeys: store.sshKeys,
    sshAccess: store.sshAccess,
    userKeys: store.userKeys,
    insights: store.insights,
    schedules: store.schedules,
    queries: store.queries,
    queue: store.queue,
    forecaster,
    settings: store.settings,
    retention: store.retention,
    operations: store.operations,
    live: store.live,
    objects,
    output,
    sealer: keys.sealer,
    signer: keys.published,
    hosting,
    actions,
    pushes,
    compiler,
    urlOrbs: store.urlOrbs,
    orbs: createOrbRegistry({ store: store.orbs, accounts: store.accounts, compiler }),
    attemptProject: (password) => checkoutProject({ engine: store.engine, credentials }, password),
  }
  const web = await createWebServer(webPorts, { publicUrl: env.publicUrl, webFolder, onError })
  const gitKeys = createGitKeys(webPorts, { publicUrl: env.publicUrl, onError })
  const ssh =
    sshHost &&
    createGitSsh(
      { hosting, ...gitKeys },
      { hostKey: sshHost.privateKey, onError: (error, command) => onError(error, { method: 'SSH', url: command }) },
    )
  const taskSpec = keys.private && {
    secrets: store.secrets,
    settings: store.settings,
    sshKeys: store.sshKeys,
    checkoutKeys: store.checkoutKeys,
    keyRing: keys.private.opener,
    credentials,
    continuationKeys,
    standIns: createStandIns(openServerSecret(folder)),
    signer: keys.private.signer,
    publicUrl: env.publicUrl,
    limits,
    knownHosts: readKnownHosts(env.knownHostsFile),
    ...(sshHost === undefined ? {} : { sshHosting: sshHost }),
    lostAfterMs: env.lostAfterMs,
  }
  const agents =
    taskSpec &&
    (await createAgentsPart(folder, store, {
      objects,
      output,
      checks,
      holdQuota: env.holdQuota,
      taskSpec,
      onError,
      tls: openAgentTls(env),
    }))
  return { web, agents, ssh, checks, actions, pushes, hosting, objects, forecaster }
}
