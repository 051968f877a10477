import type { AttemptContext } from '@rondo/model'
import { startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createContinuationKeys } from '../pipelines/continuation-keys.ts'
import { createAttemptCredentials } from './attempt-credentials.ts'
import { createStandIns } from './stand-ins.ts'
import { buildTaskSpec, type TaskSpecPorts } from './task-spec.ts'

let engine: TestEngine
let ports: TaskSpecPorts

const config = `
version: 2.1
jobs:
  deploy: { docker: [{ image: cimg/base:current }], steps: [run: 'true'] }
workflows:
  main: { jobs: [deploy: { context: [production] }] }
`

beforeAll(async () => {
  engine = await startTestEngine()
  ports = {
    secrets: engine.database.store.secrets,
    sshKeys: engine.database.store.sshKeys,
    checkoutKeys: engine.database.store.checkoutKeys,
    keyRing: { open: async (sealed) => sealed.toString() },
    credentials: createAttemptCredentials(Buffer.alloc(32)),
    continuationKeys: createContinuationKeys(Buffer.alloc(32)),
    standIns: createStandIns(Buffer.alloc(32)),
    publicUrl: 'http://ci.example.com',
    limits: { maxRunMs: 1, maxOutputBytesPerStep: 1 },
  }
})

afterAll(() => engine.stop())

async function queued(): Promise<{
  home: Awaited<ReturnType<TestEngine['home']>>
  id: string
  attempt: AttemptContext
}> {
  const { secrets, engine: work } = engine.database.store
  const home = await engine.home()
  const { id } = await secrets.createContext(home.organization.id, 'production')
  await secrets.setContextVariable(id, { name: 'KEY', sealed: Buffer.from('s3cret'), hint: '' })
  await engine.push(home.project, config)
  const [task] = await engine.claim(1)
  return { home, id, attempt: await work.attemptContext(task!.attemptId) }
}

test('a job gets the values of its contexts', async () => {
  const { attempt } = await queued()

  const { environment } = await buildTaskSpec(ports, attempt)

  expect(environment).toContainEqual({ name: 'KEY', value: 's3cret' })
})

test('keys of caches, which the server keeps as they are, have something else for a secret: the same for the same value [S-05 S-08]', async () => {
  const first = await buildTaskSpec(ports, (await queued()).attempt)
  const second = await buildTaskSpec(ports, (await queued()).attempt)
  const elsewhere = await buildTaskSpec(
    { ...ports, standIns: createStandIns(Buffer.alloc(32, 1)) },
    (await queued()).attempt,
  )

  const { CIRCLE_JOB, KEY } = first.cacheKeys.environment
  expect(CIRCLE_JOB).toBe('deploy')
  expect(KEY).toMatch(/^[\w-]{22}$/)
  expect(Object.values(first.cacheKeys.environment).filter((value) => first.secrets.includes(value))).toEqual([])
  expect(second.cacheKeys.environment.KEY).toBe(KEY)
  expect(elsewhere.cacheKeys.environment.KEY).not.toBe(KEY)
})

test('a context that was restricted to other projects while the job waited is not given to it [S-46]', async () => {
  const { home, id, attempt } = await queued()
  const { accounts, secrets } = engine.database.store
  const other = await accounts.createProject({
    organizationId: home.organization.id,
    name: 'other',
    defaultBranch: 'main',
  })
  await secrets.addRestriction(id, other.id)

  const refused = buildTaskSpec(ports, attempt)

  await expect(refused).rejects.toMatchObject({ code: 'forbidden', message: expect.stringContaining('production') })
})

test('a context that is gone is not run without', async () => {
  const { id, attempt } = await queued()
  await engine.database.store.secrets.deleteContext(id)

  await expect(buildTaskSpec(ports, attempt)).rejects.toMatchObject({ code: 'forbidden' })
})

test('a job may run and be silent for as long as administrators allow its project', async () => {
  const { home, attempt } = await queued()
  const { settings } = engine.database.store
  const scope = { organizationId: home.organization.id, projectId: home.project.id }
  await settings.set(scope, 'time.run', 7, null)
  await settings.set({ ...scope, projectId: null }, 'time.no-output', 3, null)

  const { limits, job } = await buildTaskSpec({ ...ports, settings }, attempt)

  expect(limits).toEqual({ maxRunMs: 7 * 60_000, maxOutputBytesPerStep: 1 })
  expect(job.steps).toEqual([expect.objectContaining({ type: 'run', noOutputTimeoutMs: 3 * 60_000 })])
})

test('a job gets the SSH keys that its steps ask for, masked, and no other leaves the server', async () => {
  const { sshKeys, checkoutKeys, engine: work } = engine.database.store
  const home = await engine.home()
  const projectId = home.project.id
  const key = (name: string) => ({
    projectId,
    publicKey: `ssh-ed25519 ${name}`,
    sealed: Buffer.from(`private ${name}`),
    md5: `${name}:md5`,
    sha256: `SHA256:${name}`,
    createdBy: null,
  })
  await sshKeys.add({ ...key('one'), hostname: 'one.example.com' })
  await sshKeys.add({ ...key('two'), hostname: '' })
  await checkoutKeys.add({ ...key('checkout'), type: 'deploy-key' })
  const spec = async (steps: string, more: Partial<TaskSpecPorts> = {}) => {
    await engine.push(
      home.project,
      `{version: 2.1, jobs: {it: {docker: [{image: i}], steps: ${steps}}}, workflows: {main: {jobs: [it]}}}`,
    )
    const [task] = await engine.claim(1)
    return buildTaskSpec({ ...ports, ...more }, await work.attemptContext(task!.attemptId))
  }
  const sshHosting = { url: 'ssh://git@ci.example.com:2222', hostKey: 'ssh-ed25519 host' }

  const named = await spec("[{add_ssh_keys: {fingerprints: ['SHA256:one=']}}]", { sshHosting })
  const every = await spec('[add_ssh_keys, checkout]')
  const overSsh = await spec('[checkout]', { sshHosting })

  expect(named.sshKeys).toEqual([
    { hostname: 'one.example.com', md5: 'one:md5', sha256: 'SHA256:one', privateKey: 'private one' },
  ])
  expect(named.secrets).toContain('private one')
  expect(JSON.stringify(named)).not.toMatch(/private (two|checkout)/)
  expect(every.sshKeys.map((kept) => kept.privateKey)).toEqual(['private one', 'private two'])
  expect(every.checkout.ssh).toBeNull()
  expect(overSsh.sshKeys).toEqual([])
  expect(overSsh.checkout.ssh).toEqual({
    url: `ssh://git@ci.example.com:2222/${home.organization.name}/${home.project.name}.git`,
    hostKey: 'ssh-ed25519 host',
    privateKey: 'private checkout',
  })
  expect(overSsh.secrets).toContain('private checkout')
  expect(overSsh.environment).toContainEqual({ name: 'CIRCLE_REPOSITORY_URL', value: overSsh.checkout.ssh?.url })
})
