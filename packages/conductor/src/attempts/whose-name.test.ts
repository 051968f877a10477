import type { Pipeline, RerunRequest } from '@rondo/model'
import { buildHousehold, startTestEngine, type TestEngine } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine

beforeAll(async () => {
  engine = await startTestEngine()
})

afterAll(() => engine.stop())

const config = (more = '') => `
version: 2.1
jobs: { it: { docker: [{ image: i }], steps: [run: 'true'] } }
workflows: { main: { ${more} jobs: [it] } }
`

/** Ends the run that waits, and answers whom its job's tokens name. */
async function named(pipeline: Pipeline, result: 'passed' | 'failed' = 'failed'): Promise<string> {
  const task = await engine.take(pipeline, 'it')
  const { token } = await engine.plane.mintToken(task, { rootIssuer: false })
  const { environment } = await engine.plane.resume(task)
  await engine.end(task, result)
  const tokens = [token, ...['CIRCLE_OIDC_TOKEN', 'CIRCLE_OIDC_TOKEN_V2'].map((name) => entryOf(environment, name))]
  const users = tokens.map((text) => {
    const { sub } = JSON.parse(Buffer.from(text.split('.')[1]!, 'base64url').toString()) as { readonly sub: string }
    return /\/user\/([^/]+)/.exec(sub)?.[1] ?? ''
  })
  expect(new Set(users).size).toBe(1)
  return users[0]!
}

const entryOf = (environment: readonly { readonly name: string; readonly value: string }[], wanted: string) =>
  environment.find(({ name }) => name === wanted)!.value

test('a job’s tokens name who caused its run, however it was caused, and never who triggered what was run again [S-04]', async () => {
  const { project, user: first } = await engine.home()
  const { user: second } = await buildHousehold(engine.database.store)
  const rerun = async (pipeline: Pipeline, actorId: string | null, more: Partial<RerunRequest> = {}) => {
    const { id: workflowId } = await engine.workflow(pipeline)
    await engine.actions.rerun({ workflowId, actorId, fromFailed: false, ...more })
    return named(pipeline)
  }

  for (const trigger of ['webhook', 'api', 'scheduled_pipeline'] as const) {
    const pipeline = await engine.push(project, config(), { trigger, actorId: first.id })

    expect([trigger, await named(pipeline)]).toEqual([trigger, first.id])
    expect([trigger, await rerun(pipeline, second.id)]).toEqual([trigger, second.id])
    expect([trigger, await rerun(pipeline, second.id, { fromFailed: true })]).toEqual([trigger, second.id])
    const jobIds = [(await engine.job(pipeline, 'it')).id]
    expect([trigger, await rerun(pipeline, second.id, { jobIds, enableSsh: true })]).toEqual([trigger, second.id])
    expect([trigger, await rerun(pipeline, first.id)]).toEqual([trigger, first.id])
    expect([trigger, await rerun(pipeline, null)]).toEqual([trigger, '00000000-0000-0000-0000-000000000000'])
  }
})

test('a rerun that nobody asked for is in the name of the run that failed [S-04]', async () => {
  const { project, user } = await engine.home()
  const pipeline = await engine.push(project, config('max_auto_reruns: 1,'), { actorId: user.id })

  expect(await named(pipeline)).toBe(user.id)
  await engine.settle()
  expect(await named(pipeline)).toBe(user.id)
})
