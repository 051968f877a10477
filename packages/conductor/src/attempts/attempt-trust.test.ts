import { contextScope, projectScope, type TriggerRequest } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import { type Household, startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

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

test('a rerun of a fork’s pipeline gets no more than its first run [S-01]', async () => {
  home = await household(false)
  const pipeline = await engine.push(home.project, config, { ref: { branch: 'pull/9' } })
  await engine.run(pipeline, 'it')
  const { id } = await engine.workflow(pipeline)
  await engine.actions.rerun({ workflowId: id, actorId: home.user.id, fromFailed: false })
  const [task] = await engine.claim(1)

  const text = JSON.stringify(await engine.plane.grant(task!))

  expect(canaries.filter((canary) => text.includes(canary))).toEqual([])
  await engine.end(task!)
})

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
