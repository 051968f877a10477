import { type CliWorld, startCliWorld, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let world: CliWorld
let engine: TestEngine
let web: TestWeb

const config = `
version: 2.1
jobs:
  build: {docker: [{image: cimg/base:current}], steps: [{run: "true"}]}
workflows: {main: {jobs: [build]}, other: {jobs: [build]}}
`

beforeAll(async () => {
  world = await startCliWorld()
  ;({ engine, web } = world)
})

afterAll(() => world.stop())

test('a pipeline is canceled whole by its id or its number, and a wrong name is told', async () => {
  const home = await engine.home()
  const token = await web.token(home.user)
  const call = (...args: readonly string[]) => world.rondo(token, 'pipeline', 'cancel', ...args)
  const [first, second] = [await engine.push(home.project, config), await engine.push(home.project, config)]
  const slug = `gh/${home.organization.name}/app`

  const byNumber = await call(`${slug}/${first.number}`)
  const byId = await call(second.id, '--json')
  const [nameless, unknown] = [await call(), await call(`${slug}/99`)]

  expect(byNumber.out).toBe(`Pipeline 1 of ${slug} is canceled.\n`)
  expect(JSON.parse(byId.out)).toMatchObject({ id: second.id })
  for (const pipeline of [first, second])
    for (const name of ['main', 'other']) expect((await engine.workflow(pipeline, name)).status).toBe('canceled')
  expect(await engine.claim()).toEqual([])
  expect([nameless.code, unknown.code]).toEqual([2, 1])
  expect(nameless.err).toMatch(/Name the pipeline/)
})

test('a pipeline is named as its history names it, and what names none is told', async () => {
  const home = await engine.home()
  const token = await web.token(home.user)
  const call = (...args: readonly string[]) => world.rondo(token, ...args)
  const pipeline = await engine.push(home.project, config)
  const slug = `gh/${home.organization.name}/app`

  const canceled = await call('pipeline', 'cancel', slug, '1')
  const histories = [
    await call('admin', 'history', slug, '1'),
    await call('admin', 'history', `${slug}/1`),
    await call('admin', 'history', pipeline.id),
  ]
  const [project, word] = [await call('pipeline', 'cancel', slug), await call('pipeline', 'cancel', slug, 'first')]

  expect(canceled.out).toBe(`Pipeline 1 of ${slug} is canceled.\n`)
  expect(histories[0]?.out).toContain('workflow main canceled')
  expect(new Set(histories.map(({ out }) => out)).size).toBe(1)
  const cure = 'names no pipeline. Give its id, or its project and number: gh/acme/web 1.'
  expect(project).toMatchObject({ code: 2, err: expect.stringContaining(`"${slug}" ${cure}`) })
  expect(word).toMatchObject({ code: 2, err: expect.stringContaining(`"${slug} first" ${cure}`) })
})
