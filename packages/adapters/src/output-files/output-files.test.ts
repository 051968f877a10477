import { execFileSync } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FileOutput, openFileOutput } from './output-files.ts'

let folder: string
let output: FileOutput

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'output-'))
  output = await openFileOutput(folder)
})

afterEach(async () => {
  await output[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

describe('appending', () => {
  test('bytes are appended at their offset; repeats and overlaps change nothing', async () => {
    const step = randomUUID()

    expect(await output.append(step, 0, Buffer.from('hello '))).toBe(6)
    expect(await output.append(step, 6, Buffer.from('world'))).toBe(11)
    expect(await output.append(step, 0, Buffer.from('hello '))).toBe(11)
    expect(await output.append(step, 6, Buffer.from('world, again'))).toBe(18)
    expect(await text(step)).toBe('hello world, again')
  })

  test('a gap is refused: the answer tells where to go on', async () => {
    const step = randomUUID()
    await output.append(step, 0, Buffer.from('12345'))

    expect(await output.append(step, 6, Buffer.from('789'))).toBe(5)
    expect(await text(step)).toBe('12345')
  })

  test('a stream nobody wrote is empty', async () => {
    const step = randomUUID()

    expect(await output.size(step)).toBe(0)
    expect(await text(step)).toBe('')
    await output.close(step)
    expect(await text(step)).toBe('')
  })

  test('many appends at once to an open stream end up in order, each answered by a size that covers it', async () => {
    const step = randomUUID()
    const pieces = Array.from({ length: 300 }, (_, i) => Buffer.from(`line ${i}\n`))
    let offset = await output.append(step, 0, Buffer.from('first\n'))
    const appends = pieces.map((piece) => {
      const end = offset + piece.length
      const appended = output.append(step, offset, piece).then((size) => ({ size, end }))
      offset = end
      return appended
    })

    for (const { size, end } of await Promise.all(appends)) expect(size).toBeGreaterThanOrEqual(end)
    expect(await text(step)).toBe(`first\n${pieces.join('')}`)
  })

  test('more steps than files may be open at once, and all are kept', async () => {
    await output[Symbol.asyncDispose]()
    output = await openFileOutput(folder, { maxOpenFiles: 3 })
    const steps = Array.from({ length: 20 }, () => randomUUID())

    for (let round = 0; round < 4; round++) {
      await Promise.all(steps.map((step) => output.append(step, round * 2, Buffer.from(`${round}\n`))))
    }

    for (const step of steps) expect(await text(step)).toBe('0\n1\n2\n3\n')
    expect(openFilesUnder(folder)).toBeLessThanOrEqual(3)
  })

  test.each(['', 'x', '../../../../etc/passwd', `${'a'.repeat(8)}-../..-aaaa-aaaa-aaaaaaaaaaaa`])(
    '%j names no step',
    async (name) => {
      await expect(output.append(name, 0, Buffer.from('x'))).rejects.toMatchObject({ code: 'bad-request' })
      await expect(output.size(name)).rejects.toMatchObject({ code: 'bad-request' })
    },
  )
})

describe('times', () => {
  test('when bytes were printed is known while they come, after folding, and to whoever opens the folder', async () => {
    const step = randomUUID()
    const bytes = log(9_000)
    await output.append(step, 0, bytes.subarray(0, 100), 1_000)
    expect(await output.times(step)).toEqual([{ offset: 0, at: 1_000 }])
    await output.append(step, 0, bytes.subarray(0, 150), 2_000)
    await output.append(step, 150, bytes.subarray(150, 200), 2_004)
    await output.append(step, 200, bytes.subarray(200), 3_000)
    await output.append(step, 200, bytes.subarray(200), 4_000)

    const times = [
      { offset: 0, at: 1_000 },
      // Only what was not there before is of this time; what comes with it as good as at once is, too.
      { offset: 100, at: 2_000 },
      { offset: 200, at: 3_000 },
    ]
    expect(await output.times(step)).toEqual(times)
    expect(await output.times(step, 2)).toEqual(times.slice(2))
    await output.close(step)
    await settle()
    await using other = await openFileOutput(folder)
    expect(await other.times(step)).toEqual(times)
    expect(formsOf(step).sort()).toEqual(['times', 'zst'])
  })

  test('what nobody told the time of has none, and a removed stream leaves none behind', async () => {
    const [untimed, timed] = [randomUUID(), randomUUID()]
    await output.append(untimed, 0, log(50))
    await output.append(timed, 0, log(50), 1_000)

    expect(await output.times(untimed)).toEqual([])
    expect(await output.times(randomUUID())).toEqual([])
    await output.remove(timed)
    expect(await output.times(timed)).toEqual([])
    expect(formsOf(timed)).toEqual([])
  })
})

describe('reading', () => {
  test('every range reads the same before, during and after folding', async () => {
    const step = randomUUID()
    const bytes = log(900_000)
    await output.append(step, 0, bytes)
    const ranges = [
      [0, bytes.length],
      [0, 1],
      [262_143, 262_145],
      [262_144, 524_288],
      [500_000, 700_123],
      [bytes.length - 1, bytes.length + 50],
      [bytes.length, bytes.length + 1],
    ] as const
    const check = async () => {
      expect(await output.size(step)).toBe(bytes.length)
      for (const [start, end] of ranges)
        expect((await collect(step, start, end)).equals(bytes.subarray(start, end))).toBe(true)
    }

    await check()
    await output.close(step)
    await check()
    await settle()
    await check()
    expect(formsOf(step)).toEqual(['zst'])
  })

  test('a reader in the middle of a stream does not notice that it is folded', async () => {
    const step = randomUUID()
    const bytes = log(700_000)
    await output.append(step, 0, bytes)
    const reading = output.read(step, 0)[Symbol.asyncIterator]()
    const first = await reading.next()

    await output.close(step)
    await settle()

    const read = [Buffer.from(first.value as Uint8Array)]
    for (let next = await reading.next(); next.done !== true; next = await reading.next())
      read.push(Buffer.from(next.value))
    expect(Buffer.concat(read).equals(bytes)).toBe(true)
  })

  test('lines are found by number, raw and folded alike', async () => {
    const step = randomUUID()
    // Longer than a frame, so that frames without a line end lie between.
    const bytes = Buffer.concat([log(400_000), Buffer.alloc(800_000, 'x'), Buffer.from('\n'), log(300_000)])
    const starts = [0, ...[...bytes.entries()].filter(([, byte]) => byte === 10).map(([at]) => at + 1)]
    await output.append(step, 0, bytes)
    const wanted = [0, 1, 2, 1000, starts.length - 2000, starts.length - 1, starts.length]

    const raw = await Promise.all(wanted.map((line) => output.lineOffset(step, line)))
    await output.close(step)
    await settle()
    const folded = await Promise.all(wanted.map((line) => output.lineOffset(step, line)))

    expect(raw).toEqual(wanted.map((line) => starts[line]))
    expect(folded).toEqual(raw)
  })

  test('watchers hear of every append and of the end, until they are disposed', async () => {
    const step = randomUUID()
    const heard: string[] = []
    const watch = output.watch(step, (size, closed) => heard.push(`${size} ${closed}`))

    await output.append(step, 0, Buffer.from('abc'))
    await output.append(step, 0, Buffer.from('abc'))
    await output.append(step, 3, Buffer.from('def'))
    await output.close(step)
    watch[Symbol.dispose]()
    await output.append(step, 6, Buffer.from('ghi'))

    expect(heard).toEqual(['3 false', '6 false', '6 true'])
  })
})

describe('folding', () => {
  test('the folded form is smaller, and a file that any zstd program unpacks', async () => {
    const step = randomUUID()
    const bytes = log(1_000_000)
    await output.append(step, 0, bytes)
    await output.close(step)
    await settle()

    const packed = join(folder, step.slice(-2), `${step}.zst`)

    expect(readFileSync(packed).length).toBeLessThan(bytes.length / 4)
    expect(zstdDecompressSync(readFileSync(packed)).equals(bytes)).toBe(true)
    expect(readdirSync(join(folder, 'folding'))).toEqual([])
  })

  test('closing again changes nothing, and a repeat of an append leaves the folded form', async () => {
    const step = randomUUID()
    const bytes = log(10_000)
    await output.append(step, 0, bytes)

    await output.close(step)
    await output.close(step)
    await settle()
    await output.close(step)

    expect(await output.append(step, 9_000, bytes.subarray(9_000))).toBe(10_000)
    expect(await output.append(step, 12_000, bytes)).toBe(10_000)
    expect(formsOf(step)).toEqual(['zst'])
  })

  test('bytes that come after the end are kept all the same', async () => {
    const step = randomUUID()
    const bytes = log(600_000)
    await output.append(step, 0, bytes.subarray(0, 500_000))
    await output.close(step)

    expect(await output.append(step, 400_000, bytes.subarray(400_000))).toBe(600_000)
    expect((await collect(step, 0)).equals(bytes)).toBe(true)
    await output.close(step)
    await settle()
    expect((await collect(step, 0)).equals(bytes)).toBe(true)
    expect(formsOf(step)).toEqual(['zst'])
  })

  test('a folded file that was cut or changed is an error, not other output', async () => {
    const step = randomUUID()
    await output.append(step, 0, log(600_000))
    await output.close(step)
    await settle()
    const packed = join(folder, step.slice(-2), `${step}.zst`)
    const file = openSync(packed, 'r+')
    writeSync(file, Buffer.from('changed'), 0, 7, 2000)
    fsyncSync(file)
    closeSync(file)

    await expect(collect(step, 0)).rejects.toThrow()
    truncateSync(packed, 1000)
    await expect(collect(step, 0)).rejects.toThrow('cut or changed')
  })

  test.each(['made', 'half written', 'linked', 'linked and removed'])(
    'folding cut when the new form was %s goes on when opened again',
    async (when) => {
      const step = randomUUID()
      const bytes = log(300_000)
      await output.append(step, 0, bytes)
      await output.close(step)
      await settle()
      const inner = join(folder, step.slice(-2))
      const [raw, packed, fresh] = [
        join(inner, `${step}.log`),
        join(inner, `${step}.zst`),
        join(folder, 'folding', step),
      ]
      if (when === 'linked') writeFileSync(raw, bytes)
      if (when === 'made' || when === 'half written') {
        writeFileSync(raw, bytes)
        rmSync(packed)
      }
      writeFileSync(fresh, when === 'made' ? '' : randomBytes(1000))

      output = await openFileOutput(folder)

      expect((await collect(step, 0)).equals(bytes)).toBe(true)
      await settle()
      expect((await collect(step, 0)).equals(bytes)).toBe(true)
      expect(formsOf(step)).toEqual(['zst'])
      expect(existsSync(fresh)).toBe(false)
    },
  )
})

describe('time and memory', () => {
  test('a read at the end of 100 MB of folded output unpacks only what it needs', async () => {
    const step = randomUUID()
    const piece = log(4_000_000)
    for (let i = 0; i < 25; i++) await output.append(step, i * piece.length, piece)
    await output.close(step)
    await settle()

    const began = performance.now()
    const tail = await collect(step, 100_000_000 - 1000)

    expect(tail.equals(piece.subarray(-1000))).toBe(true)
    expect(performance.now() - began).toBeLessThan(100)
  })
})

/** Ends the folding under way; the store is opened again. */
async function settle(): Promise<void> {
  await output[Symbol.asyncDispose]()
  output = await openFileOutput(folder)
  await output[Symbol.asyncDispose]()
}

async function collect(step: string, start: number, end?: number): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of output.read(step, start, end)) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function text(step: string): Promise<string> {
  return (await collect(step, 0)).toString()
}

function formsOf(step: string): string[] {
  const inner = join(folder, step.slice(-2))
  mkdirSync(inner, { recursive: true })
  return readdirSync(inner).map((name) => name.slice(step.length + 1))
}

function openFilesUnder(path: string): number {
  return execFileSync('find', [`/proc/${process.pid}/fd`, '-lname', `${path}/*`])
    .toString()
    .split('\n')
    .filter(Boolean).length
}

/** Something like a log, of exactly so many bytes. */
function log(bytes: number): Buffer {
  const lines: string[] = []
  for (let length = 0, i = 0; length < bytes; i++) {
    const line = `${i} compiling src/module-${(i * 7919) % 997}.ts took ${(i * 31) % 1013} ms\n`
    lines.push(line)
    length += line.length
  }
  return Buffer.from(lines.join('')).subarray(0, bytes)
}
