import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppError, type Objects } from '@rondo/model'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openFileObjects } from './objects-files.ts'

let folder: string
let objects: Objects

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'objects-'))
  objects = await openFileObjects(folder)
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('writing', () => {
  test('an object is named by the sha256 of its bytes and lies in a folder of its digits', async () => {
    const bytes = randomBytes(3_000_000)

    const object = await objects.write(chunks(bytes, 65_000))

    const digest = createHash('sha256').update(bytes).digest('hex')
    expect(object).toEqual({ digest, size: bytes.length })
    expect((await collect(await objects.read(digest))).equals(bytes)).toBe(true)
    expect(readdirSync(join(folder, digest.slice(0, 2), digest.slice(2, 4)))).toEqual([digest])
  })

  test.each([1, 1_000_000, 1_048_576, 2_500_000])(
    'pieces of %i bytes may lie in one memory, one after the other',
    async (size) => {
      const bytes = randomBytes(size === 1 ? 3_000 : 5_000_000)

      const object = await objects.write(lent(bytes, size))

      expect((await collect(await objects.read(object.digest))).equals(bytes)).toBe(true)
    },
  )

  test('the same bytes written twice, and at the same time, are one object', async () => {
    const bytes = randomBytes(10_000)

    const written = await Promise.all([1, 2, 3].map((step) => objects.write(chunks(bytes, step * 1000))))

    expect(new Set(written.map((object) => object.digest)).size).toBe(1)
    expect(await collect(await objects.read(written[0]!.digest))).toEqual(bytes)
    expect(readdirSync(join(folder, 'incoming'))).toEqual([])
  })

  test('an object of no bytes is an object', async () => {
    const object = await objects.write(chunks(Buffer.alloc(0), 1))

    expect(await objects.stat(object.digest)).toEqual({ digest: object.digest, size: 0 })
    expect(await collect(await objects.read(object.digest))).toEqual(Buffer.alloc(0))
  })

  test('a file of that name with another size is replaced, not trusted', async () => {
    const bytes = randomBytes(5_000)
    const { digest } = await objects.write(chunks(bytes, 1000))
    writeFileSync(join(folder, digest.slice(0, 2), digest.slice(2, 4), digest), 'cut')

    await objects.write(chunks(bytes, 1000))

    expect(await collect(await objects.read(digest))).toEqual(bytes)
  })

  test('a stream past the limit is refused and leaves nothing', async () => {
    const writing = objects.write(chunks(randomBytes(10_000), 1000), { maxBytes: 9_999 })

    await expect(writing).rejects.toMatchObject({ code: 'too-large' })
    expect(filesUnder(folder)).toEqual([])
  })

  test('a stream that fails leaves nothing', async () => {
    async function* torn() {
      yield randomBytes(1000)
      throw new Error('connection lost')
    }

    await expect(objects.write(torn())).rejects.toThrow('connection lost')
    expect(filesUnder(folder)).toEqual([])
  })

  test('an abort ends a write whose source is silent', async () => {
    const stop = new AbortController()
    async function* silent() {
      yield randomBytes(1000)
      await new Promise(() => {})
    }

    const writing = objects.write(silent(), { signal: stop.signal })
    setImmediate(() => stop.abort(new Error('canceled')))

    await expect(writing).rejects.toThrow('canceled')
    expect(filesUnder(folder)).toEqual([])
  })

  test('what a torn write left is swept when the folder is opened', async () => {
    mkdirSync(join(folder, 'incoming'), { recursive: true })
    writeFileSync(join(folder, 'incoming', 'left'), 'half a cache')

    await openFileObjects(folder)

    expect(filesUnder(folder)).toEqual([])
  })

  test('a full disk is said in a sentence with a cure', async () => {
    async function* full(): AsyncGenerator<Uint8Array> {
      yield randomBytes(10)
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    }

    const refused = await objects.write(full()).catch((error: unknown) => error)

    expect(refused).toBeInstanceOf(AppError)
    expect(refused).toMatchObject({ code: 'unavailable', message: expect.stringContaining('Free some space') })
    expect(filesUnder(folder)).toEqual([])
  })
})

describe('reading', () => {
  test('ranges are byte offsets with an exclusive end', async () => {
    const bytes = randomBytes(1_000_000)
    const { digest } = await objects.write(chunks(bytes, 100_000))

    for (const [start, end] of [
      [0, 1],
      [999_999, undefined],
      [5, 700_000],
      [10, 10],
      [1_000_000, undefined],
      [999_990, 2_000_000],
    ] as const) {
      const range = end === undefined ? { start } : { start, end }
      expect((await collect(await objects.read(digest, range))).equals(bytes.subarray(start, end))).toBe(true)
    }
  })

  test('an object that is not there is not found, and removing it twice is no error', async () => {
    const { digest } = await objects.write(chunks(randomBytes(10), 10))

    await objects.remove(digest)
    await objects.remove(digest)

    expect(await objects.stat(digest)).toBeUndefined()
    await expect(objects.read(digest)).rejects.toMatchObject({ code: 'not-found' })
  })

  test.each(['', '../../etc/passwd', 'A'.repeat(64), `${'a'.repeat(63)}/`, `${'a'.repeat(64)}\n`])(
    '%j names no object',
    async (name) => {
      await expect(objects.read(name)).rejects.toMatchObject({ code: 'bad-request' })
      await expect(objects.remove(name)).rejects.toMatchObject({ code: 'bad-request' })
    },
  )
})

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** Each piece overwrites the one before. */
async function* lent(bytes: Buffer, size: number): AsyncGenerator<Uint8Array> {
  const memory = Buffer.alloc(size)
  for (let at = 0; at < bytes.length; at += size) yield memory.subarray(0, bytes.copy(memory, 0, at, at + size))
}

async function collect(bytes: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of bytes) pieces.push(piece)
  return Buffer.concat(pieces)
}

function filesUnder(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
}
