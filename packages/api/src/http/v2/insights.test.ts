import { type Household, startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
let home: Household
let token: string

const config = `
version: 2.1
jobs:
  build: { docker: [{ image: cimg/base:current }], steps: [run: 'true'] }
workflows:
  main: { jobs: [build] }
`

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
  home = await engine.home()
  token = await web.token(home.user)
  for (const result of ['failed', 'passed', 'passed'] as const)
    await engine.run(await engine.push(home.project, config), 'build', result)
  await engine.run(await engine.push(home.project, config, { ref: { branch: 'topic' } }), 'build', 'failed')
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

async function insights(path: string) {
  const answer = await web.request(token, 'GET', `/api/v2/insights/gh/${home.organization.name}/app${path}`)
  return answer.body as unknown as { items: { name: string; status: string; metrics: object }[]; branches: string[] }
}

test('workflows and jobs are summed up on the default branch, or on those that are asked for [I-074]', async () => {
  const [ofMain] = (await insights('/workflows')).items
  const [ofAll] = (await insights('/workflows?all-branches=true&reporting-window=last-7-days')).items
  const [job] = (await insights('/workflows/main/jobs')).items
  const topic = (await insights('/workflows/main/jobs?branch=topic&job-name=build')).items

  expect(ofMain).toMatchObject({ name: 'main', metrics: { total_runs: 3, successful_runs: 2, total_recoveries: 1 } })
  expect(ofAll?.metrics).toMatchObject({ total_runs: 4, success_rate: 0.5, throughput: 4 / 7 })
  expect(job).toMatchObject({ name: 'build', metrics: { total_runs: 3, failed_runs: 1 } })
  expect(topic.map(({ metrics }) => metrics)).toMatchObject([{ total_runs: 1, failed_runs: 1, success_rate: 0 }])
})

test('the newest runs of a workflow, and the branches that had it, are told', async () => {
  expect((await insights('/workflows/main')).items.map(({ status }) => status)).toEqual([
    'success',
    'success',
    'failed',
  ])
  expect((await insights('/workflows/missing')).items).toEqual([])
  expect((await insights('/branches')).branches).toEqual(['main', 'topic'])
  expect((await insights('/branches?workflow-name=missing')).branches).toEqual([])
})

test('a window or a mixture that makes no sense is refused', async () => {
  const url = `/api/v2/insights/gh/${home.organization.name}/app/workflows`

  expect((await web.request(token, 'GET', `${url}?reporting-window=last-year`)).status).toBe(400)
  expect((await web.request(token, 'GET', `${url}?branch=a&all-branches=true`)).status).toBe(400)
})
