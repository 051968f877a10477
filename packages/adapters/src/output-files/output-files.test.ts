import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StepOutput } from '@rondo/model'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openFileOutput } from './output-files.ts'

let folder: string
let output: StepOutput
let step: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'output-'))
  output = await openFileOutput(folder)
})

beforeEach(() => {
  step = randomUUID()
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('appending', () => {
  test('bytes are there under the offsets they were given, also to another reader of the folder [I-048]', async () => {
    expect(await output.append(step, 0, text('hello '))).toBe(6)
    expect(await output.append(step, 6, text('world'))).toBe(11)

    expect(await read(step)).toBe('hello world')
    expect(await read(step, 6)).toBe('world')
    expect(await read(step, 4, 8)).toBe('o wo')
    expect(await (await openFileOutput(folder)).size(step)).toBe(11)
  })

  test('a repeat changes nothing', async () => {
    await output.append(step, 0, text('hello'))

    expect(await output.append(step, 0, text('hello'))).toBe(5)
    expect(await read(step)).toBe('hello')
  })

  test('an overlap adds only what is new', async () => {
    await output.append(step, 0, text('hello'))

    expect(await output.append(step, 3, text('lo world'))).toBe(11)
    expect(await read(step)).toBe('hello world')
  })

  test('a gap writes nothing, and the answer tells where to go on', async () => {
    await output.append(step, 0, text('hello'))

    expect(await output.append(step, 9, text('late'))).toBe(5)
    expect(await read(step)).toBe('hello')
  })

  test('no bytes are no harm', async () => {
    expect(await output.append(step, 0, new Uint8Array())).toBe(0)
    expect(await read(step)).toBe('')
  })

  test('appends at the same time end as one of the orders in which each is whole', async () => {
    await Promise.all([
      output.append(step, 0, text('aaaa')),
      output.append(step, 4, text('bbbb')),
      output.append(step, 0, text('aaaabb')),
    ])

    expect(await read(step)).toBe('aaaabbbb')
  })

  test('however a stream is cut, repeated and reordered, following the answers gives the stream', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 120 })), { maxLength: 12 }),
        async (pieces) => {
          const id = randomUUID()
          const bytes = randomBytes(300)
          let known = 0
          for (const [at, length] of pieces) known = await output.append(id, at, bytes.subarray(at, at + length))
          while (known < bytes.length) known = await output.append(id, known, bytes.subarray(known, known + 97))

          expect(Buffer.concat(await collect(output.read(id, 0))).equals(bytes)).toBe(true)
        },
      ),
      { numRuns: 25 },
    )
  })

  test('a stream goes on where it was after a restart', async () => {
    await output.append(step, 0, text('before '))

    const restarted = await openFileOutput(folder)

    expect(await restarted.append(step, 0, text('before after'))).toBe(12)
    expect(Buffer.concat(await collect(restarted.read(step, 0))).toString()).toBe('before after')
  })
})

describe('reading', () => {
  test('a step without output is empty', async () => {
    expect(await output.size(step)).toBe(0)
    expect(await read(step)).toBe('')
  })

  test('a range past the end is what is there', async () => {
    await output.append(step, 0, text('hello'))

    expect(await read(step, 3, 100)).toBe('lo')
    expect(await read(step, 100)).toBe('')
  })

  test.each(['../../../../etc/passwd', '', 'x'.repeat(36), `${'a'.repeat(35)}/`])('%j names no step', async (name) => {
    await expect(output.append(name, 0, text('x'))).rejects.toMatchObject({ code: 'bad-request' })
    await expect(output.size(name)).rejects.toMatchObject({ code: 'bad-request' })
    await expect(collect(output.read(name, 0))).rejects.toMatchObject({ code: 'bad-request' })
  })
})

describe('watching', () => {
  test('a watcher is called after every append and at the end, until it is disposed [I-048]', async () => {
    const calls: [number, boolean][] = []
    const watch = output.watch(step, (size, closed) => calls.push([size, closed]))

    await output.append(step, 0, text('one'))
    await output.append(step, 3, text('two'))
    await output.close(step)
    await output.close(step)
    watch[Symbol.dispose]()
    await output.append(step, 6, text('late'))

    expect(calls.slice(0, 3)).toEqual([
      [3, false],
      [6, false],
      [6, true],
    ])
    expect(calls.at(-1)).toEqual([6, true])
  })

  test('a watcher of one step hears nothing of another', async () => {
    const calls: number[] = []
    using _watch = output.watch(step, (size) => calls.push(size))

    await output.append(randomUUID(), 0, text('other'))

    expect(calls).toEqual([])
  })
})

async function read(id: string, start = 0, end?: number): Promise<string> {
  return Buffer.concat(await collect(output.read(id, start, end))).toString('utf8')
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return chunks
}

function text(value: string): Uint8Array {
  return Buffer.from(value)
}
