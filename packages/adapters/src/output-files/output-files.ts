import { existsSync } from 'node:fs'
import { type FileHandle, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError, type OutputTime, type StepOutput } from '@rondo/model'
import { exists, ifThere, isNoRoom, syncFolder } from '../durable-files.ts'
import { foldFile, restoreFile, type StreamPaths } from './fold.ts'
import { type FoldedFile, openFolded } from './folded-file.ts'
import { LineTimes, readTimes } from './line-times.ts'
import { offsetOfLine, openRaw, readRaw } from './raw-file.ts'
import { openRawStream, type RawStream } from './raw-stream.ts'

export interface FileOutputOptions {
  /** Files kept open for appending; those of more steps are opened again when bytes come. Default 64. */
  readonly maxOpenFiles?: number
  /** Other processes append to, read and fold streams of this folder too. Default false. */
  readonly shared?: boolean
}

type Listener = (size: number, closed: boolean) => void

/** Shorter streams stay as they are: a file takes a block of the disk anyway. */
const foldFromBytes = 4096

const lookEveryMs = 200

/**
 * Step output as one append-only file a step, `xx/<step>.log`, synced before bytes are acknowledged. A closed stream is
 * folded in the background into `xx/<step>.zst` (see fold.ts); reading is the same before, during and after. When its bytes were
 * printed stands in `xx/<step>.times` (see line-times.ts). `folding/` names
 * the streams being folded, so that folding cut short goes on when the folder is opened again.
 *
 * With `shared` several processes open a folder. A byte of a stream is the same whoever writes it, so two that append write
 * the same; who finds that another has gone further goes on from there, and watchers look at the file a few times a second.
 */
export async function openFileOutput(folder: string, options: FileOutputOptions = {}): Promise<FileOutput> {
  const folding = join(folder, 'folding')
  await mkdir(folding, { recursive: true, mode: 0o750 })
  const shared = options.shared ?? false
  const found = await readdir(folding)
  const cutFolds = found.filter((name) => !name.includes('.'))
  // Drafts of folds; of a process that lives, perhaps, when there are several.
  for (const name of found) if (!shared && name.includes('.')) await rm(join(folding, name), { force: true })
  return new FileOutput(folder, { maxOpenFiles: options.maxOpenFiles ?? 64, shared }, cutFolds)
}

export class FileOutput implements StepOutput, AsyncDisposable {
  readonly #folder: string
  readonly #maxOpenFiles: number
  readonly #shared: boolean
  /** Open for appending, the longest unused first. */
  readonly #open = new Map<string, RawStream>()
  readonly #opening = new Map<string, Promise<RawStream>>()
  /** Folding now or soon; appends wait for it. */
  readonly #folds = new Map<string, Promise<void>>()
  /** Streams are folded one after the other: it is never urgent. */
  #lastFold: Promise<void> = Promise.resolve()
  readonly #listeners = new Map<string, Set<Listener>>()

  constructor(folder: string, options: Required<FileOutputOptions>, cutFolds: readonly string[]) {
    this.#folder = folder
    this.#maxOpenFiles = options.maxOpenFiles
    this.#shared = options.shared
    for (const stepId of cutFolds) this.#fold(stepId)
  }

  async append(stepId: string, offset: number, bytes: Uint8Array, at?: number): Promise<number> {
    const { folded } = this.#pathsOf(stepId)
    try {
      while (true) {
        await this.#folds.get(stepId)
        if (!this.#open.has(stepId)) {
          await using file = await openFolded(folded)
          // A repeat or a gap has nothing to write, so the folded form can stay.
          if (file !== undefined && (offset > file.size || offset + bytes.length <= file.size)) return file.size
        }
        if (this.#folds.has(stepId)) continue
        const size = await (await this.#streamOf(stepId)).append(offset, bytes, at)
        if (size === undefined) continue
        if (size < offset && (await this.#isOutdated(stepId, size))) {
          await this.#closeStream(stepId)
          continue
        }
        this.#closeLongUnused()
        return size
      }
    } catch (cause) {
      throw diskFull(cause, this.#folder)
    }
  }

  async size(stepId: string): Promise<number> {
    const stream = this.#open.get(stepId)
    if (stream !== undefined && !this.#shared) return stream.size
    return this.#eitherForm(stepId, {
      async raw(file) {
        await using reading = file
        // Written, perhaps, by a process that was killed before it synced.
        await reading.datasync()
        return (await reading.stat()).size
      },
      async folded(file) {
        await using reading = file
        return reading.size
      },
      none: 0,
    })
  }

  times(stepId: string, known = 0): Promise<readonly OutputTime[]> {
    return readTimes(this.#pathsOf(stepId).times, known)
  }

  async *read(stepId: string, start: number, end = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array> {
    const until = Math.min(end, await this.size(stepId))
    if (start >= until) return
    yield* await this.#eitherForm<AsyncIterable<Uint8Array>>(stepId, {
      raw: async (file) => readRaw(file, start, until),
      folded: async (file) => readFolded(file, start, until),
      none: readNothing(),
    })
  }

  /** Byte offset at which a line starts (the first line is 0); undefined when there are fewer lines. */
  async lineOffset(stepId: string, line: number): Promise<number | undefined> {
    if (line === 0) return 0
    const until = await this.size(stepId)
    return this.#eitherForm<number | undefined>(stepId, {
      raw: (file) => offsetOfLine(readRaw(file, 0, until), line),
      async folded(file) {
        await using reading = file
        return await reading.lineOffset(line)
      },
      none: undefined,
    })
  }

  async close(stepId: string): Promise<void> {
    const { raw, fresh } = this.#pathsOf(stepId)
    if (this.#isNowhere(stepId) && !this.#listeners.has(stepId)) return
    const size = await this.size(stepId)
    if (size >= foldFromBytes && (await exists(raw))) {
      await writeFile(fresh, '', { flag: 'a', mode: 0o640 })
      if (!this.#folds.has(stepId)) this.#fold(stepId)
    }
    this.#tell(stepId, size, true)
  }

  async remove(stepId: string): Promise<void> {
    await this.#folds.get(stepId)
    await this.#closeStream(stepId)
    const { raw, folded, fresh, times } = this.#pathsOf(stepId)
    for (const path of [times, fresh, raw, folded]) await rm(path, { force: true })
  }

  watch(stepId: string, listener: Listener): Disposable {
    const listeners = this.#listeners.get(stepId) ?? new Set()
    this.#listeners.set(stepId, listeners.add(listener))
    const looking = this.#shared ? setInterval(() => void this.#look(stepId, listener), lookEveryMs).unref() : undefined
    return {
      [Symbol.dispose]: () => {
        clearInterval(looking)
        listeners.delete(listener)
        if (listeners.size === 0 && this.#listeners.get(stepId) === listeners) this.#listeners.delete(stepId)
      },
    }
  }

  /** Ends the folding under way and closes all files. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#folds.values())
    await Promise.allSettled(this.#opening.values())
    await Promise.all([...this.#open.keys()].map((stepId) => this.#closeStream(stepId)))
  }

  /** Whether the file has more than this process has written of it, because another has, or was folded by another. */
  async #isOutdated(stepId: string, size: number): Promise<boolean> {
    if (!this.#shared) return false
    const found = await ifThere(stat(this.#pathsOf(stepId).raw))
    return found === undefined || found.size > size
  }

  /** Tells a watcher how long the file is; what another process has written may not be on the disk yet. */
  async #look(stepId: string, listener: Listener): Promise<void> {
    const found = await ifThere(stat(this.#pathsOf(stepId).raw)).catch(() => undefined)
    if (found !== undefined && found.size > 0) listener(found.size, false)
  }

  #pathsOf(stepId: string): StreamPaths {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(stepId))
      throw new AppError('bad-request', 'A step is named by its id.')
    // The last digits of an id are random in every version of UUID, so the folders fill evenly.
    const path = join(this.#folder, stepId.slice(-2), stepId)
    const fresh = join(this.#folder, 'folding', stepId)
    return {
      raw: `${path}.log`,
      folded: `${path}.zst`,
      times: `${path}.times`,
      fresh,
      draft: `${fresh}.${process.pid}`,
    }
  }

  async #streamOf(stepId: string): Promise<RawStream> {
    const stream = this.#open.get(stepId)
    if (stream === undefined) return this.#opening.get(stepId) ?? this.#openStream(stepId)
    this.#open.delete(stepId)
    this.#open.set(stepId, stream)
    return stream
  }

  #openStream(stepId: string): Promise<RawStream> {
    const opening = this.#openForAppend(stepId)
      .then((stream) => {
        this.#open.set(stepId, stream)
        return stream
      })
      .finally(() => this.#opening.delete(stepId))
    this.#opening.set(stepId, opening)
    return opening
  }

  async #openForAppend(stepId: string): Promise<RawStream> {
    const paths = this.#pathsOf(stepId)
    const inner = dirname(paths.raw)
    const made = await mkdir(inner, { recursive: true, mode: 0o750 })
    if (made !== undefined) await syncFolder(this.#folder)
    await restoreFile(paths)
    const stream = await openRawStream(paths.raw, new LineTimes(paths.times), (size) => this.#tell(stepId, size, false))
    await syncFolder(inner)
    return stream
  }

  /** Only streams at rest are closed here: what they hold is on the disk, so they can be opened again at once. */
  #closeLongUnused(): void {
    const resting = [...this.#open].filter(([, stream]) => stream.idle)
    for (const [stepId] of resting.slice(0, Math.max(0, this.#open.size - this.#maxOpenFiles)))
      void this.#closeStream(stepId)
  }

  async #closeStream(stepId: string): Promise<void> {
    const stream = this.#open.get(stepId)
    this.#open.delete(stepId)
    await stream?.close()
  }

  #fold(stepId: string): void {
    const folded = this.#lastFold
      .then(() => this.#opening.get(stepId))
      .then(() => this.#closeStream(stepId))
      .then(() => foldFile(this.#pathsOf(stepId)))
      // A fold that fails (a full disk, say) leaves the raw file; opening the folder again tries again.
      .catch(() => {})
      .finally(() => this.#folds.delete(stepId))
    this.#folds.set(stepId, folded)
    this.#lastFold = folded
  }

  #tell(stepId: string, size: number, closed: boolean): void {
    for (const listener of this.#listeners.get(stepId) ?? []) listener(size, closed)
  }

  /**
   * Whether there is no form of it for certain. Most steps of a job of many print nothing: to look for their files at once
   * takes a tenth of what it takes to fail to open them. Files of several processes may lie on another machine, and are not
   * looked for so.
   */
  #isNowhere(stepId: string): boolean {
    if (this.#shared) return false
    const { raw, folded } = this.#pathsOf(stepId)
    // Twice: between two looks the one may have become the other.
    return ![raw, folded, raw, folded].some((path) => existsSync(path))
  }

  /** Opens whichever form there is. Looks twice: between two looks the one may have become the other. */
  async #eitherForm<T>(
    stepId: string,
    forms: { raw: (file: FileHandle) => Promise<T>; folded: (file: FoldedFile) => Promise<T>; none: T },
  ): Promise<T> {
    if (this.#isNowhere(stepId)) return forms.none
    const paths = this.#pathsOf(stepId)
    for (let look = 0; look < 2; look++) {
      const raw = await openRaw(paths.raw)
      if (raw !== undefined) return forms.raw(raw)
      const folded = await openFolded(paths.folded)
      if (folded !== undefined) return forms.folded(folded)
    }
    return forms.none
  }
}

async function* readFolded(file: FoldedFile, start: number, end: number): AsyncGenerator<Uint8Array> {
  await using reading = file
  yield* reading.read(start, end)
}

async function* readNothing(): AsyncGenerator<Uint8Array> {}

function diskFull(cause: unknown, folder: string): unknown {
  if (!isNoRoom(cause)) return cause
  return new AppError(
    'unavailable',
    `The disk of ${folder} is full. Free some space there; the agent keeps its output and sends it again.`,
    { cause },
  )
}
