import { createLive, createTimeline } from '@rondo/protocol'
import { startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

const config = 'version: 2.1\njobs: {it: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {main: {jobs: [it]}}'
const [first, second] = [Date.UTC(2026, 0, 2, 3, 4, 5, 678), Date.UTC(2026, 0, 2, 3, 4, 9)]

test('when each line was printed comes with the bytes of a page that watches, and stands in a download that asks for it', async () => {
  const home = await engine.home()
  const token = await web.token(home.user)
  const pipeline = await engine.push(home.project, config)
  const task = await engine.take(pipeline, 'it')
  const step = { step: 0, name: 'say', kind: 'run', command: null, background: false }
  const at = new Date(first).toISOString()
  await engine.plane.report({ ...task, from: 1, entries: [{ type: 'step-started', ...step, at }] })
  const [{ id } = { id: '' }] = await engine.database.store.queries.stepsOf((await engine.job(pipeline, 'it')).id)
  await engine.plane.appendOutput(task, 0, 0, Buffer.from('one\ntwo'), first)
  const address = new URL(await web.listen())
  const live = createLive({ connect: () => new WebSocket(`ws://${address.host}/live?circle-token=${token}`) })
  const timeline = createTimeline()
  const pieces: { text: string; at: number | undefined }[] = []
  const { promise: seen, resolve } = Promise.withResolvers<void>()
  live.output(id, 0, {
    times: timeline.add,
    bytes(offset, bytes) {
      for (const { from, to, at } of timeline.pieces(offset, bytes.length))
        pieces.push({ text: Buffer.from(bytes.subarray(from, to)).toString(), at })
      if (pieces.length === 1) void engine.plane.appendOutput(task, 0, 7, Buffer.from('!\nthree\n'), second)
      else resolve()
    },
    ended() {},
  })

  await seen
  live.close()

  expect(pieces).toEqual([
    { text: 'one\ntwo', at: first },
    { text: '!\nthree\n', at: second },
  ])
  const download = (query: string) =>
    fetch(new URL(`/api/private/steps/${id}/output${query}`, address), { headers: { 'circle-token': token } }).then(
      (response) => response.text(),
    )
  expect(await download('')).toBe('one\ntwo!\nthree\n')
  expect(await download('?timestamps=true')).toBe(
    '2026-01-02T03:04:05.678Z one\n2026-01-02T03:04:05.678Z two!\n2026-01-02T03:04:09.000Z three\n',
  )
  expect(JSON.parse(await download('?format=json'))).toEqual([
    { type: 'out', time: '2026-01-02T03:04:05.678Z', message: 'one\ntwo' },
    { type: 'out', time: '2026-01-02T03:04:09.000Z', message: '!\nthree\n' },
  ])
  expect(await download('?timestamps=true&offset=4')).toBe(
    '2026-01-02T03:04:05.678Z two!\n2026-01-02T03:04:09.000Z three\n',
  )
})
