import { contextScope, type GitRevision, projectScope, type TriggerRequest } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import { buildRevision, type Household, startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isForeign } from './attempt-trust.ts'

let engine: TestEngine
let home: Household

const config = `
version: 2.1
jobs:
  it:
    docker: [{ image: i, auth: { username: u, password: $PROJECT_SECRET } }]
    steps: [checkout, add_ssh_keys, run: 'true']
workflows:
  main: { jobs: [it: { context: [production], filters: { tags: { only: /.*/ } } }] }
`
const canaries = ['project-canary', 'context-canary', 'key-canary', 'checkout-canary'] as const

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

/** A project with a secret in every channel there is. */
async function household(trustsForks: boolean): Promise<Household> {
  const made = await engine.home()
  const { secrets, sshKeys, checkoutKeys, accounts } = engine.database.store
  const projectId = made.project.id
  const seal = (text: string, scope: string) => engine.keyRing.seal(text, scope)
  const own = projectScope(projectId)
  await secrets.setProjectVariable(projectId, {
    name: 'PROJECT_SECRET',
    sealed: await seal('project-canary', own),
    hint: '',
  })
  const { id } = await secrets.createContext(made.organization.id, 'production')
  const sealed = await seal('context-canary', contextScope(id))
  await secrets.setContextVariable(id, { name: 'CONTEXT_SECRET', sealed, hint: '' })
  const pair = { projectId, publicKey: 'ssh-ed25519 A', md5: 'm', sha256: 'SHA256:s', createdBy: null }
  await sshKeys.add({ ...pair, hostname: '', sealed: await seal('key-canary', own) })
  await checkoutKeys.add({ ...pair, type: 'deploy-key', sealed: await seal('checkout-canary', own) })
  if (trustsForks) await accounts.saveProjectSettings(projectId, { forksReceiveSecretEnvVars: true })
  return made
}

async function started(parts: Partial<TriggerRequest>): Promise<{ ref: TaskSpec; text: string }> {
  await engine.push(home.project, config, parts)
  const [task] = await engine.claim(1)
  const ref = await engine.plane.grant(task!)
  return { ref, text: JSON.stringify(ref) }
}

const ways: readonly (readonly [string, Partial<TriggerRequest>])[] = [
  ['a push', {}],
  ['the API', { trigger: 'api' }],
  ['a schedule', { trigger: 'scheduled_pipeline' }],
]
const own = [{ branch: 'main' }, { branch: 'feature/x' }, { tag: 'v1' }]
const foreign = [{ branch: 'pull/7' }, { branch: 'pull/7/head' }]

test.each([false, true])(
  'no secret of any kind reaches a job of a pull request from a fork, whatever began it, unless the project says so (%s) [S-01]',
  async (trustsForks) => {
    home = await household(trustsForks)
    for (const [way, parts] of ways)
      for (const ref of [...own, ...foreign]) {
        const { text, ref: spec } = await started({ ...parts, ref })
        const names = spec.environment.map((entry) => entry.name)
        const trusted = trustsForks || own.includes(ref as never)
        const seen = canaries.filter((canary) => text.includes(canary))

        expect([way, ref, seen]).toEqual([way, ref, trusted ? [...canaries] : []])
        expect([way, ref, names.includes('CIRCLE_OIDC_TOKEN'), names.includes('CIRCLE_OIDC_TOKEN_V2')]).toEqual([
          way,
          ref,
          trusted,
          trusted,
        ])
        const token = engine.plane.mintToken(spec, { rootIssuer: false })
        if (trusted) expect((await token).token).toMatch(/^eyJ/)
        else await expect(token).rejects.toMatchObject({ code: 'forbidden' })
        await engine.plane.report({ ...spec, from: 1, entries: [passed] })
      }
  },
)

test('nothing that a request or a commit can say of itself makes a fork’s pipeline one of the project’s own [S-02]', async () => {
  home = await household(false)
  const { user, organization, project } = home
  const self = {
    user: user.login,
    repository: project.name,
    urls: [`http://ci.example.com/${organization.name}/app/pull/1`],
  }
  const said: readonly Partial<TriggerRequest>[] = [
    { actorId: user.id },
    { baseRevision: 'a'.repeat(40) },
    { parameters: {} },
    { pullRequests: self },
    { config: { text: config } },
    { config: { ref: { branch: 'main' } } },
    { ref: { branch: 'pull/7', revision: 'a'.repeat(40) } },
    { only: { name: 'main', withRequired: true } },
  ]
  const names = ['pull/7', 'pull/7/head', 'pull/7/merge', 'pull/main', 'pull/', 'pull/../main', 'pull/7 main']
  const forks: Partial<TriggerRequest>[] = [
    ...said.map((parts) => ({ ref: { branch: 'pull/7' }, ...parts })),
    ...said.map((parts) => ({ trigger: 'api' as const, ref: { branch: 'pull/7' }, ...parts })),
    ...names.map((branch) => ({ ref: { branch } })),
  ]
  for (const parts of forks) {
    const { text, ref } = await started(parts)
    expect([parts, canaries.filter((canary) => text.includes(canary))]).toEqual([parts, []])
    await expect(engine.plane.mintToken(ref, { rootIssuer: false })).rejects.toMatchObject({ code: 'forbidden' })
    await engine.plane.report({ ...ref, from: 1, entries: [passed] })
  }
})

test('of a commit only its branch decides, whoever it says wrote it [S-02]', () => {
  const fork = buildRevision({ branch: 'pull/7' })
  const claims: Partial<GitRevision>[] = [
    { authorName: 'admin', authorEmail: 'admin@example.com' },
    { subject: 'main', body: 'Merge branch main\n\nSigned-off-by: admin' },
    { tag: 'v1' },
    { revision: '0'.repeat(40) },
    { pullRequests: { urls: [], user: 'admin', repository: 'app' } },
  ]

  for (const claim of claims)
    expect([claim, isForeign({ pipeline: { git: { ...fork, ...claim } } as never, trustsForks: false })]).toEqual([
      claim,
      true,
    ])
})

/** What can be done to a pipeline so that a job of it runs that did not run at once, or runs again. */
const later: Readonly<Record<string, (ref: { readonly branch: string }) => Promise<void>>> = {
  'a rerun': again({}),
  'a rerun from failed': again({ fromFailed: true }),
  'a rerun of chosen jobs': again({ chosen: true }),
  'a rerun of chosen jobs with SSH': again({ chosen: true, enableSsh: true }),
  async 'a rerun by itself'(ref) {
    const pipeline = await engine.push(home.project, config.replace('main: {', 'main: { max_auto_reruns: 1,'), { ref })
    await engine.run(pipeline, 'it', 'failed')
    await engine.settle()
  },
  async 'an approval'(ref) {
    const held = config.replace('jobs: [it: {', 'jobs: [hold: { type: approval }, it: { requires: [hold],')
    const pipeline = await engine.push(home.project, held, { ref })
    await engine.actions.approve((await engine.job(pipeline, 'hold')).id, home.user.id)
  },
  async 'a continuation'(ref) {
    const pipeline = await engine.push(home.project, `${config}setup: true\n`, { ref })
    const task = await engine.take(pipeline, 'it')
    const { environment } = await engine.plane.resume(task)
    const { value: key } = environment.find(({ name }) => name === 'CIRCLE_CONTINUATION_KEY')!
    await engine.actions.continuePipeline({ key, configuration: config, parameters: {} })
    await engine.end(task)
    await engine.settle()
  },
}

function again({ chosen = false, ...more }: { chosen?: boolean; fromFailed?: boolean; enableSsh?: boolean }) {
  return async (ref: { readonly branch: string }) => {
    const pipeline = await engine.push(home.project, config, { ref })
    await engine.run(pipeline, 'it', 'failed')
    const { id: workflowId } = await engine.workflow(pipeline)
    const jobIds = chosen ? { jobIds: [(await engine.job(pipeline, 'it')).id] } : {}
    await engine.actions.rerun({ workflowId, actorId: home.user.id, fromFailed: false, ...jobIds, ...more })
  }
}

test.each(Object.entries(later))(
  '%s gives a fork’s job no more than a first run, and others no less [S-01]',
  async (_name, begin) => {
    for (const trustsForks of [false, true]) {
      home = await household(trustsForks)
      for (const ref of [{ branch: 'main' }, ...foreign]) {
        await begin(ref)
        const [task, ...others] = await engine.claim()
        const spec = await engine.plane.grant(task!)
        const trusted = trustsForks || ref.branch === 'main'
        const seen = canaries.filter((canary) => JSON.stringify(spec).includes(canary))
        const token = await engine.plane.mintToken(task!, { rootIssuer: false }).then(
          () => true,
          () => false,
        )
        await engine.end(task!)

        expect(others).toEqual([])
        expect([ref, trustsForks, seen, token]).toEqual([ref, trustsForks, trusted ? [...canaries] : [], trusted])
      }
    }
  },
)

test.each([false, true])(
  'caches cross no class of trust: each source saves, all read by key, by prefix and by digest (secrets for forks: %s) [S-10]',
  async (trustsForks) => {
    home = await household(trustsForks)
    const sources: readonly (readonly [string, Partial<TriggerRequest>])[] = [
      ['default branch', { ref: { branch: 'main' } }],
      ['branch', { ref: { branch: 'feature/x' } }],
      ['tag', { ref: { tag: 'v1' } }],
      ['API', { trigger: 'api', ref: { branch: 'main' } }],
      ['schedule', { trigger: 'scheduled_pipeline', ref: { branch: 'main' } }],
      ['fork', { ref: { branch: 'pull/7' } }],
      ['another fork', { ref: { branch: 'pull/8' } }],
    ]
    const runs: { readonly name: string; readonly ref: TaskSpec; readonly digest: string }[] = []
    for (const [name, parts] of sources) {
      const { ref } = await started(parts)
      const bytes = (async function* () {
        yield Buffer.from(`saved by ${name} of ${home.project.id}`)
      })()
      const object = await engine.plane.uploadObject(ref, bytes, new AbortController().signal)
      await engine.plane.report({ ...ref, from: 1, entries: [{ type: 'cache-saved', key: `deps-${name}`, object }] })
      runs.push({ name, ref, digest: object.digest })
    }
    const group = (name: string) => (!trustsForks && name.includes('fork') ? name : 'own')

    for (const reader of runs)
      for (const writer of runs) {
        const allowed = group(reader.name) === group(writer.name)
        const pair = `${reader.name} reads ${writer.name}`
        const found = await engine.plane.findCache(reader.ref, [`deps-${writer.name}`])
        expect([pair, found?.object.digest]).toEqual([pair, allowed ? writer.digest : undefined])
        expect([pair, await engine.plane.hasCache(reader.ref, `deps-${writer.name}`)]).toEqual([pair, allowed])
        const bytes = engine.plane.downloadObject(reader.ref, writer.digest, new AbortController().signal)
        if (allowed) await bytes
        else await expect(bytes).rejects.toMatchObject({ code: 'forbidden' })
      }
    for (const reader of runs) {
      const newest = await engine.plane.findCache(reader.ref, ['deps-'])
      expect(group(runs.find((run) => run.digest === newest?.object.digest)!.name)).toBe(group(reader.name))
    }
    for (const { ref } of runs) await engine.plane.report({ ...ref, from: 2, entries: [passed] })
  },
)

const passed = { type: 'task-finished', result: 'passed', message: null, at: new Date().toISOString() } as const
