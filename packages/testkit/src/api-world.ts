import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { createWebServer, type WebOptions, type WebPorts } from '@rondo/api'
import type { NewJob, OrganizationRole, StoredObject } from '@rondo/model'
import type { FastifyInstance } from 'fastify'
import { buildAgent, buildHousehold, buildJob, buildWorkflow, claimOne, type Household } from './builders.ts'
import { startTestDatabase, type TestDatabase } from './database.ts'
import { openWebPorts, testPublicUrl } from './web-ports.ts'

export interface TokenHolder extends Household {
  readonly token: string
}

/** The web server over a real database, with a project whose job has run, and somebody of another organisation. */
export interface ApiWorld {
  readonly publicUrl: string
  readonly server: FastifyInstance
  readonly ports: WebPorts
  readonly database: TestDatabase
  /** Whose things are asked for. */
  readonly owner: TokenHolder
  /** Has an organisation and a project of its own, and no part in the owner's. */
  readonly stranger: TokenHolder
  /** The owner's project; it has a checkout key with the fingerprint `00:00`. */
  readonly slug: string
  /** Has run: a step with the output `hello world`, two artifacts, a test result. Number 1. */
  readonly job: NewJob
  readonly artifact: StoredObject
  readonly ids: {
    readonly pipeline: string
    readonly workflow: string
    readonly context: string
    readonly step: string
    readonly schedule: string
    /** A job that waits for approval. */
    readonly approval: string
  }
  /** Errors that no answer foresaw. */
  readonly unforeseen: unknown[]
  /** A user of the owner's organisation, with a token. */
  member(role: OrganizationRole): Promise<TokenHolder>
  stop(): Promise<void>
}

/** `prepare` may add hooks to the server before it takes its first request. */
export async function startApiWorld(
  options: Partial<WebOptions> & { readonly prepare?: (server: FastifyInstance) => void } = {},
): Promise<ApiWorld> {
  const database = await startTestDatabase()
  const ports = await openWebPorts(database)
  const unforeseen: unknown[] = []
  const { prepare, ...given } = options
  const server = await createWebServer(ports, {
    publicUrl: testPublicUrl,
    onError: (error) => unforeseen.push(error),
    ...given,
  })
  prepare?.(server)
  await server.ready()
  const owner = await withToken(database, await buildHousehold(database.store))
  const stranger = await withToken(database, await buildHousehold(database.store))
  const filled = await fillProject(database, ports, owner)
  return {
    publicUrl: testPublicUrl,
    server,
    ports,
    database,
    owner,
    stranger,
    slug: `gh/${owner.organization.name}/${owner.project.name}`,
    unforeseen,
    ...filled,
    async member(role) {
      const home = await withToken(database, await buildHousehold(database.store))
      await database.store.accounts.setMember(owner.organization.id, home.user.id, role)
      return home
    },
    async stop() {
      await server.close()
      await database.stop()
    },
  }
}

async function withToken({ store }: TestDatabase, home: Household): Promise<TokenHolder> {
  const token = `rondo_${randomBytes(32).toString('base64url')}`
  const hash = createHash('sha256').update(token).digest()
  await store.accounts.addToken({ userId: home.user.id, label: 'test', hash })
  return { ...home, token }
}

async function fillProject(
  { store }: TestDatabase,
  ports: WebPorts,
  owner: Household,
): Promise<Pick<ApiWorld, 'job' | 'artifact' | 'ids'>> {
  const job = buildJob({ name: 'build' })
  const hold = buildJob({ name: 'hold', type: 'approval', status: 'on_hold' })
  const built = await buildWorkflow(store, owner.project, [job, hold], { triggeredBy: owner.user.id })
  await store.engine.transact(async (tx) => {
    await tx.saveJob({ id: job.id, status: 'queued' })
    await tx.enqueue({ id: job.id, projectId: owner.project.id, parallelism: 1 }, 'docker', { cpus: 1, memoryMb: 1024 })
  })
  const task = await claimOne(store, await buildAgent(store))
  const artifact = await ports.objects.write(
    (async function* () {
      yield Buffer.from('<script>alert(1)</script>')
    })(),
  )
  const step = await store.engine.transact(async (tx) => {
    await tx.addArtifact(job.id, 0, 'reports/index.html', artifact)
    await tx.addArtifact(job.id, 0, `odd "name'\r\nset-cookie: a=b.txt`, artifact)
    await tx.addTests(job.id, 0, [
      { name: 'adds', classname: 'sum', file: null, result: 'success', message: '', runTime: 0.5, source: 'junit' },
    ])
    const [stepId] = await tx.startSteps([
      {
        id: randomUUID(),
        attemptId: task.attemptId,
        taskIndex: 0,
        index: 0,
        name: 'echo',
        type: 'run',
        command: 'echo',
        background: false,
        at: new Date().toISOString(),
      },
    ])
    return stepId!
  })
  await ports.output.append(step, 0, Buffer.from('hello world'))
  const context = await store.secrets.createContext(owner.organization.id, 'deploy')
  await store.checkoutKeys.add({
    projectId: owner.project.id,
    type: 'deploy-key',
    publicKey: 'ssh-ed25519 AAAA',
    sealed: Buffer.alloc(1),
    md5: '00:00',
    sha256: 'SHA256:00',
    createdBy: null,
  })
  const schedule = await store.schedules.create({
    projectId: owner.project.id,
    name: 'nightly',
    description: '',
    branch: 'main',
    tag: null,
    timetable: { perHour: 1, hoursOfDay: [3], daysOfWeek: ['MON'] },
    parameters: {},
    actorId: owner.user.id,
    nextAt: null,
  })
  const ids = {
    schedule: schedule.id,
    pipeline: built.pipeline.id,
    workflow: built.workflowId,
    context: context.id,
    step,
    approval: hold.id,
  }
  return { job, artifact, ids }
}
