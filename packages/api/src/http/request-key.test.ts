import type { Household, TestEngine, TestWeb } from '@rondo/testkit'
import { startTestEngine, startTestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
let home: Household
let token: string
let base: string

const config = `
version: 2.1
jobs:
  build: { docker: [{ image: cimg/base:current }], steps: [run: 'true'] }
workflows:
  main:
    jobs: [build, hold: { type: approval }]
`

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
  home = await engine.home()
  token = await web.token(home.user)
  base = `/api/v2/project/gh/${home.organization.name}/app`
  await engine.push(home.project, config)
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

async function post(url: string, key: string | undefined, body: object = {}, as = token) {
  const headers = {
    'circle-token': as,
    'content-type': 'application/json',
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  }
  const { status, body: answer } = await web.send('POST', url, headers, JSON.stringify(body))
  return { status, body: answer as { id?: string; number?: number; workflow_id?: string; message?: string } }
}

async function endedWorkflow(): Promise<string> {
  const pipeline = await engine.push(home.project, config)
  const { id } = await engine.workflow(pipeline)
  await engine.actions.cancelWorkflow(id, home.user.id)
  return id
}

const reruns = async (workflowId: string) => {
  const workflow = (await engine.database.store.queries.workflow(workflowId))!
  const all = await engine.database.store.queries.workflowsOf([workflow.pipelineId])
  return all.filter((one) => one.rerunOf === workflowId).length
}

describe('a request with an Idempotency-Key', () => {
  test('that is sent again and again at once makes one workflow, and two deliberate reruns make two [R-25]', async () => {
    const workflow = await endedWorkflow()
    const url = `/api/v2/workflow/${workflow}/rerun`

    const doubled = await Promise.all(Array.from({ length: 8 }, () => post(url, 'first')))
    const again = await post(url, '"first"')

    expect(doubled.map((answer) => answer.status)).toEqual(doubled.map(() => 202))
    expect(new Set([...doubled, again].map((answer) => answer.body.workflow_id)).size).toBe(1)
    expect(await reruns(workflow)).toBe(1)
    const second = await post(url, 'second')
    expect([second.status, await reruns(workflow)]).toEqual([202, 2])
  })

  test('triggers one pipeline, whose number follows that of the one before [R-25]', async () => {
    const first = await post(`${base}/pipeline`, 'trigger', { branch: 'main' })
    const again = await Promise.all(
      Array.from({ length: 4 }, () => post(`${base}/pipeline`, 'trigger', { branch: 'main' })),
    )
    const next = await post(`${base}/pipeline`, 'trigger-2', { branch: 'main' })

    expect(again).toEqual(again.map(() => first))
    expect(next.body.number).toBe((first.body.number ?? 0) + 1)
  })

  test('is approved and canceled once, and is told so each time', async () => {
    const pipeline = await engine.push(home.project, config)
    const { id } = await engine.workflow(pipeline)
    const hold = await engine.job(pipeline, 'hold')
    const approve = `/api/v2/workflow/${id}/approve/${hold.id}`

    const approved = await Promise.all([post(approve, 'yes'), post(approve, 'yes')])
    const unmarked = await post(approve, undefined)
    const canceled = [
      await post(`/api/v2/workflow/${id}/cancel`, 'stop'),
      await post(`/api/v2/workflow/${id}/cancel`, 'stop'),
    ]

    expect(approved.map((answer) => answer.status)).toEqual([202, 202])
    expect(unmarked.status).toBe(409)
    expect(canceled.map((answer) => answer.status)).toEqual([202, 202])
  })

  test('cannot carry the key of another request, nor one that cannot be kept; what was refused may be sent again', async () => {
    const workflow = await endedWorkflow()
    const url = `/api/v2/workflow/${workflow}/rerun`

    const refused = await post(url, 'mine', { jobs: [workflow] })
    const corrected = await post(url, 'mine')
    const other = await post(url, 'mine', { from_failed: true })

    expect(refused.status).toBe(400)
    expect(corrected.status).toBe(202)
    expect(other).toMatchObject({
      status: 409,
      body: { message: expect.stringMatching(/Idempotency-Key mine.*new key/) },
    })
    expect((await post(url, 'two words')).body.message).toMatch(/1 to 255/)
    expect((await post(url, 'x'.repeat(256))).status).toBe(400)
  })

  test('keeps its key apart from those of others', async () => {
    const colleague = await engine.home()
    await engine.database.store.accounts.setMember(home.organization.id, colleague.user.id, 'writer')
    const theirs = await web.token(colleague.user)
    const [mine, other] = [
      await post(`${base}/pipeline`, 'shared'),
      await post(`${base}/pipeline`, 'shared', {}, theirs),
    ]

    expect([mine.status, other.status]).toEqual([201, 201])
    expect(mine.body.id).not.toBe(other.body.id)
  })
})
