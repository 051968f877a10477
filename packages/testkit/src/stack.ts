import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { engineVariables } from './capabilities.ts'
import { removeContainers } from './remove-containers.ts'
import { type ServerProcess, startServerProcess, type UnexpectedEnd } from './server-process.ts'

export interface StackOptions {
  readonly executor?: 'docker' | 'sandbox'
  /** Number of the user (and group) that everything runs as, when the tests run as root; default: who runs the tests. */
  readonly user?: number
  /** Whether Git is also spoken over SSH. */
  readonly ssh?: boolean
  /**
   * Roles of each server process, which is named after them (`api`, `conductor-cron`, a second one of the same `conductor-cron-2`);
   * default one process with all.
   */
  readonly split?: readonly (readonly string[])[]
  /** Folder in which the data folder is made; default the system's for temporary files. */
  readonly within?: string
  /** Called with each server process that ended although nobody had sent it a signal. */
  readonly onUnexpectedEnd?: (end: UnexpectedEnd) => void
  /** Further variables of the server and its agent. */
  readonly env?: Readonly<Record<string, string>>
}

export interface JobView {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly job_number?: number
}

/** The whole product on free ports with a data folder of its own, driven from outside as its users drive it. */
export interface Stack {
  readonly url: string
  /** The agents' port. */
  readonly agentPort: number
  /** Of Git over SSH; it answers only when asked for. */
  readonly sshPort: number
  readonly data: string
  readonly admin: { readonly login: string; readonly password: string; readonly token: string }
  api<T = Record<string, unknown>>(method: string, path: string, body?: unknown, token?: string): Promise<T>
  /** Status of a request, for refusals. */
  status(method: string, path: string, init?: RequestInit): Promise<number>
  createProject(organization: string, name: string): Promise<void>
  /** Commits the files and pushes them, to `main` unless a branch is named; answers what git printed. */
  push(project: string, files: Readonly<Record<string, string | Buffer>>, message?: string, branch?: string): string
  latestPipeline(project: string): Promise<{
    readonly id: string
    readonly state: string
    readonly number: number
    readonly errors: readonly { readonly message: string }[]
  }>
  workflows(
    pipelineId: string,
  ): Promise<readonly { readonly id: string; readonly name: string; readonly status: string }[]>
  jobs(workflowId: string): Promise<readonly JobView[]>
  /** Waits until a workflow has one of these statuses. */
  waitForWorkflow(pipelineId: string, name: string, statuses: readonly string[], withinMs?: number): Promise<string>
  waitFor<T>(what: string, look: () => Promise<T | undefined>, withinMs?: number): Promise<T>
  steps(jobId: string): Promise<
    readonly {
      readonly id: string
      readonly name: string
      readonly result: string | null
      readonly outputBytes: number
    }[]
  >
  output(stepId: string): Promise<Buffer>
  /** SIGKILL, without a word before. */
  kill(part: 'server' | 'agent' | 'postgres'): void
  /** Number of its process, as it wrote it down. */
  processOf(part: 'server' | 'agent' | 'postgres'): number
  /** Names of the server processes; `server` when there is one for all roles. */
  readonly servers: readonly string[]
  /** SIGKILL by default; false when that process does not live. */
  signalServer(name: string, signal?: NodeJS.Signals): boolean
  serverLives(name: string): boolean
  /** Starts one of the server processes, which must not live. */
  startOne(name: string): Promise<void>
  startServer(): Promise<void>
  /** Stops the server as its administrator does, and starts it again. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** What stops the stacks of this process. */
const openStacks = new Set<() => Promise<void>>()

/** For a program that is told to end while its stacks run: nothing of them stays. */
export async function stopOpenStacks(): Promise<void> {
  await Promise.all([...openStacks].map((stop) => stop()))
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const data = mkdtempSync(join(options.within ?? tmpdir(), 'rondo-stack-'))
  // PostgreSQL runs as another user when the tests run as root.
  spawnSync('chmod', ['755', data])
  if (options.user !== undefined) spawnSync('chown', [`${options.user}:${options.user}`, data])
  const [port, agentPort, sshPort] = await Promise.all([freePort(), freePort(), freePort()])
  const url = `http://127.0.0.1:${port}`
  const roles = namedRoles(options.split ?? [[]])
  const servers = new Map<string, ServerProcess>()

  async function startServer(): Promise<void> {
    for (const name of roles.keys()) await startOne(name)
  }

  async function startOne(name: string): Promise<void> {
    const server = startServerProcess({
      name,
      env: {
        PATH: process.env.PATH,
        ...engineVariables,
        RONDO_DATA: data,
        RONDO_PORT: String(port),
        RONDO_AGENT_PORT: String(agentPort),
        RONDO_PUBLIC_URL: `http://localhost:${port}`,
        RONDO_EXECUTOR: options.executor ?? 'docker',
        RONDO_ROLES: roles.get(name) ?? '',
        RONDO_INSTANCE: name,
        ...options.env,
        ...(options.ssh ? { RONDO_SSH_PORT: String(sshPort) } : {}),
      },
      ...(options.user === undefined ? {} : { user: options.user }),
      onUnexpectedEnd: (end) => options.onUnexpectedEnd?.(end),
    })
    servers.set(name, server)
    await server.ready
  }

  async function stopServer(): Promise<void> {
    for (const server of servers.values()) await server.stop()
  }

  let stopping: Promise<void> | undefined
  /** Once, also for whoever asks again. */
  function stop(): Promise<void> {
    stopping ??= stopServer().then(() => {
      openStacks.delete(stop)
      removeContainers(data)
      rmSync(data, { recursive: true, force: true })
    })
    return stopping
  }

  openStacks.add(stop)
  await startServer()
  const admin = JSON.parse(readFileSync(join(data, 'admin.json'), 'utf8'))

  const request = (method: string, path: string, init: RequestInit = {}) => fetch(`${url}${path}`, { method, ...init })

  function processOf(part: 'server' | 'agent' | 'postgres'): number {
    const files = { server: 'server.pid', agent: 'agent/agent.pid', postgres: 'postgres/postmaster.pid' } as const
    return Number(readFileSync(join(data, files[part]), 'utf8').split(/\s/)[0])
  }

  async function api<T>(method: string, path: string, body?: unknown, token: string = admin.token): Promise<T> {
    const response = await request(method, path, {
      headers: { 'circle-token': token, 'content-type': 'application/json' },
      ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  async function waitFor<T>(what: string, look: () => Promise<T | undefined>, withinMs = 180_000): Promise<T> {
    let trouble: unknown
    for (const deadline = Date.now() + withinMs; Date.now() < deadline; await sleep(100)) {
      try {
        const found = await look()
        if (found !== undefined) return found
      } catch (error) {
        trouble = error
      }
    }
    throw new Error(`waited ${withinMs} ms in vain for ${what}`, { cause: trouble })
  }

  const stack: Stack = {
    url,
    agentPort,
    sshPort,
    data,
    admin,
    api,
    waitFor,
    startServer,
    status: async (method, path, init) => (await request(method, path, init)).status,
    async createProject(organization, name) {
      await api('POST', '/api/v2/organization', { name: organization, vcs_type: 'github' })
      await api('POST', `/api/v2/organization/gh%2F${organization}/project`, { name })
    },
    push(project, files, message = 'change', branch = 'main') {
      const folder = mkdtempSync(join(tmpdir(), 'rondo-push-'))
      const run = (...args: string[]) =>
        spawnSync('git', args, {
          cwd: folder,
          encoding: 'utf8',
          env: { PATH: process.env.PATH, HOME: folder, GIT_TERMINAL_PROMPT: '0' },
        })
      run('init', '-q', '-b', 'main')
      run('config', 'user.email', 'dev@example.com')
      run('config', 'user.name', 'Developer')
      for (const [name, content] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, name)), { recursive: true })
        writeFileSync(join(folder, name), content)
      }
      run('add', '-A', '-f')
      run('commit', '-q', '--allow-empty', '-m', message)
      const pushed = run(
        'push',
        '-f',
        `http://admin:${admin.token}@127.0.0.1:${port}/git/${project}.git`,
        `HEAD:refs/heads/${branch}`,
      )
      rmSync(folder, { recursive: true, force: true })
      if (pushed.status !== 0) throw new Error(`the push failed: ${pushed.stderr}`)
      return pushed.stderr
    },
    async latestPipeline(project) {
      const page = await api<{ items: Awaited<ReturnType<Stack['latestPipeline']>>[] }>(
        'GET',
        `/api/v2/project/gh/${project}/pipeline`,
      )
      if (page.items[0] === undefined) throw new Error(`there is no pipeline in ${project}`)
      return page.items[0]
    },
    workflows: async (pipelineId) =>
      (await api<{ items: Awaited<ReturnType<Stack['workflows']>> }>('GET', `/api/v2/pipeline/${pipelineId}/workflow`))
        .items,
    jobs: async (workflowId) => (await api<{ items: JobView[] }>('GET', `/api/v2/workflow/${workflowId}/job`)).items,
    async waitForWorkflow(pipelineId, name, statuses, withinMs) {
      const found = await waitFor(
        `workflow ${name} to be ${statuses.join(' or ')}`,
        async () =>
          (await stack.workflows(pipelineId)).findLast(
            (workflow) => workflow.name === name && statuses.includes(workflow.status),
          ),
        withinMs,
      )
      return found.id
    },
    steps: async (jobId) =>
      (
        await api<{ slices: { steps: Awaited<ReturnType<Stack['steps']>> }[] }>('GET', `/api/private/jobs/${jobId}`)
      ).slices.flatMap((slice) => slice.steps),
    async output(stepId) {
      const response = await request('GET', `/api/private/steps/${stepId}/output`, {
        headers: { 'circle-token': admin.token },
      })
      return Buffer.from(await response.arrayBuffer())
    },
    servers: [...roles.keys()],
    serverLives: (name) => servers.get(name)?.lives() ?? false,
    signalServer: (name, signal = 'SIGKILL') => servers.get(name)?.signal(signal) ?? false,
    startOne,
    kill: (part) => void process.kill(processOf(part), 'SIGKILL'),
    processOf,
    async restart() {
      await stopServer()
      await startServer()
    },
    stop,
  }
  return stack
}

/** Roles by the name of their process. */
function namedRoles(split: readonly (readonly string[])[]): ReadonlyMap<string, string> {
  const named = new Map<string, string>()
  for (const some of split) {
    const name = some.join('-') || 'server'
    const same = [...named.values()].filter((other) => other === some.join(',')).length
    named.set(same === 0 ? name : `${name}-${same + 1}`, some.join(','))
  }
  return named
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((listening) => probe.listen(0, '127.0.0.1', listening))
  const address = probe.address()
  await new Promise((closed) => probe.close(closed))
  return address !== null && typeof address === 'object' ? address.port : 0
}
