import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { untilAborted } from './until-aborted.ts'

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

test('what has passed is not kept: a stream of any length takes constant memory', async () => {
  const passed: WeakRef<object>[] = []
  async function* items() {
    for (let count = 0; count < 200; count++) yield { count }
  }

  for await (const item of untilAborted(items(), AbortSignal.timeout(60_000))) {
    passed.push(new WeakRef(item))
    if (item.count < 199) continue
    // References live until the end of the turn they were made in.
    await new Promise(setImmediate)
    collectGarbage()
  }

  expect(passed.filter((item) => item.deref() !== undefined).length).toBeLessThan(5)
})

test('an abort ends it while the source is silent, with the reason', async () => {
  const stop = new AbortController()
  async function* silent() {
    yield 1
    await new Promise(() => {})
  }
  const seen: number[] = []

  const walk = (async () => {
    for await (const item of untilAborted(silent(), stop.signal)) {
      seen.push(item)
      setImmediate(() => stop.abort(new Error('enough')))
    }
  })()

  await expect(walk).rejects.toThrow('enough')
  expect(seen).toEqual([1])
})

test('a signal that was aborted before lets nothing pass, and the source is told', async () => {
  let told = false
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false as const, value: 1 }),
      return: async () => {
        told = true
        return { done: true as const, value: undefined }
      },
    }),
  }

  await expect(untilAborted(source, AbortSignal.abort(new Error('before'))).next()).rejects.toThrow('before')
  expect(told).toBe(true)
})
