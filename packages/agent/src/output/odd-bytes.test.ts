import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runTask } from '../testing/run-task.ts'
import { runStep, taskSpec } from '../testing/task-spec.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'odd-bytes-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** The totals a step ended with. */
type Ended = Extract<Awaited<ReturnType<typeof runTask>>['server']['entries'][number], { type: 'step-finished' }>

test('random bytes, NUL, broken UTF-8 and terminal codes arrive as they were printed, with their totals [R-17]', async () => {
  const special = ['\0', '\xff\xfe', '\x1b[31mred\x1b[0m\r', '\xed\xa0\x80', '\x1es2.x\x1e'].map((text) =>
    Buffer.from(text, 'latin1'),
  )
  const blobs = Array.from({ length: 200 }, (_none, index) => special[index] ?? randomBytes(index * 97))
  for (const [index, blob] of blobs.entries()) writeFileSync(join(home, `blob-${index}`), blob)

  const { server } = await runTask(home, taskSpec(blobs.map((_blob, index) => runStep(`cat ~/blob-${index}`))))

  const ended = server.entries.filter((entry): entry is Ended => entry.type === 'step-finished')
  const arrived = blobs.map((_blob, index) => sha256(server.outputBytes(index + 2)))
  expect(arrived).toEqual(blobs.map(sha256))
  expect(ended.slice(2).map(({ outputBytes, outputSha256 }) => [outputBytes, outputSha256])).toEqual(
    blobs.map((blob) => [blob.length, sha256(blob)]),
  )
})

test('one line of 10 MB arrives whole [R-16]', async () => {
  const print = runStep('head -c 7500000 /dev/urandom | base64 -w 0 | tee ~/line')

  const { server } = await runTask(home, taskSpec([print]))

  expect(server.outputBytes(2)).toHaveLength(10_000_000)
  expect(sha256(server.outputBytes(2))).toBe(sha256(readFileSync(join(home, 'line'))))
})

test('what is printed beyond the limit is left out, said so, and the exit code stays', async () => {
  const spec = taskSpec([
    runStep('head -c 300000 /dev/zero; exit 9', { when: 'always' }),
    runStep('echo after', { when: 'always' }),
  ])

  const { server } = await runTask(home, { ...spec, limits: { ...spec.limits, maxOutputBytesPerStep: 100_000 } })

  const ended = server.entries.find((entry): entry is Ended => entry.type === 'step-finished' && entry.step === 2)
  expect(ended).toMatchObject({ result: 'failed', exitCode: 9, truncated: true })
  expect(server.outputBytes(2).length).toBeLessThan(101_000)
  expect(server.output(2)).toMatch(/limit|more than|truncated|cut/i)
  expect(ended?.outputSha256).toBe(sha256(server.outputBytes(2)))
  expect(server.output(3)).toBe('after\n')
})
