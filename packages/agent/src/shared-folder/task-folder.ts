import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  linkSync,
  lstatSync,
  openSync,
  readSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { chmod, copyFile, type FileHandle, mkdir, open, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPatientWriter, type PatientWriter } from '../room/patient-writer.ts'
import { stepProgram } from '../shim/step-program.ts'
import { openProgress, type Progress } from './script-status.ts'

/**
 * The folder a task shares with its executor. The job may write anything into it, so it is never trusted: entries are
 * opened relative to the folder's own descriptor, without following links, and only if they are plain files. Small files
 * are read and written at once, which takes microseconds; a step has several of them.
 */
export interface TaskFolder {
  readonly root: string
  /** The shared part, as the host sees it. */
  readonly io: string
  create(name: string, content: string | Buffer, mode?: number): void
  /** Undefined while there is no such plain file. */
  openRead(name: string): Promise<FileHandle | undefined>
  /** A file's descriptor, which the caller closes; undefined while there is no such plain file. */
  openOutput(name: string): number | undefined
  /** The writing end of a pipe the job made, which the caller closes; undefined until the job reads from it. */
  openFeed(name: string): number | undefined
  remove(name: string): void
  /** Shows the job a file of this machine, which must lie on the same disk and be readable to all, under a name of its own. */
  link(name: string, path: string): void
  /** Throws where the disk is full. */
  appendNow(name: string, content: string): void
  /** Where the disk is full it is appended later, in its order. */
  append(name: string, content: string | Buffer): void
  /** Ends when there was room for what was appended to a file so far; rejects when the signal aborts first. */
  appended(name: string, signal: AbortSignal): Promise<void>
  /** Whether there is anything by this name. */
  exists(name: string): boolean
  /** Bytes of a plain file; 0 while there is none. */
  size(name: string): number
  openWrite(name: string): Promise<FileHandle>
  readSmall(name: string): string | undefined
  /** The last bytes of a file; empty while there is none. */
  readEnd(name: string): string
  /** Sends a line to the supervisor, which must be ready; see `supervisor.sh` for what it knows. */
  command(line: string): void
  /** Sends a line that waits for those before it to be carried out, to the shell that came after so many that were killed. */
  queue(line: string, falls?: number): void
  /** What the supervisor says of the scripts it runs. */
  readonly progress: Progress
  close(): Promise<void>
}

const shim = fileURLToPath(new URL('../shim/', import.meta.url))
const smallBytes = 64 * 1024
const guarded = constants.O_NOFOLLOW | constants.O_NONBLOCK

export async function openTaskFolder(root: string): Promise<TaskFolder> {
  const io = join(root, 'io')
  await fillSharedFolder(io)
  const directory = await open(io, constants.O_DIRECTORY | constants.O_NOFOLLOW)
  const at = (name: string) => `/proc/self/fd/${directory.fd}/${name}`
  const pipes = new Map<string, number>()
  const appenders = new Map<string, PatientWriter>()

  function ofKind(file: number, isKind: (kind: Stats) => boolean): number | undefined {
    if (isKind(fstatSync(file))) return file
    closeSync(file)
    return undefined
  }

  function openPlain(name: string, flags: number, mode?: number): number {
    const file = ofKind(openSync(at(name), flags | guarded, mode), (kind) => kind.isFile())
    if (file === undefined) throw new Error(`${name} is not a plain file`)
    return file
  }

  async function openHandle(name: string, flags: number, mode?: number): Promise<FileHandle> {
    const file = await open(at(name), flags | guarded, mode)
    if ((await file.stat()).isFile()) return file
    await file.close()
    throw new Error(`${name} is not a plain file`)
  }

  function readPart(name: string, from: (size: number) => number): string | undefined {
    let file: number | undefined
    try {
      file = openPlain(name, constants.O_RDONLY)
      const { size } = fstatSync(file)
      const buffer = Buffer.allocUnsafe(Math.min(size, smallBytes))
      return buffer.toString('utf8', 0, readSync(file, buffer, 0, buffer.length, from(size)))
    } catch {
      return undefined
    } finally {
      if (file !== undefined) closeSync(file)
    }
  }

  function openOutput(name: string): number | undefined {
    try {
      return openPlain(name, constants.O_RDONLY)
    } catch {
      return undefined
    }
  }

  function appendSome(name: string, bytes: Buffer): number {
    const file = openPlain(name, constants.O_CREAT | constants.O_APPEND | constants.O_WRONLY, 0o666)
    try {
      // The job's user appends too, whatever the agent's own mask of permissions.
      if ((fstatSync(file).mode & 0o777) !== 0o666) fchmodSync(file, 0o666)
      return writeSync(file, bytes)
    } finally {
      closeSync(file)
    }
  }

  function openPipe(name: string): number {
    const known = pipes.get(name)
    if (known !== undefined) return known
    const pipe = ofKind(openSync(at(name), constants.O_RDWR | guarded), (kind) => kind.isFIFO())
    if (pipe === undefined) throw new Error(`the pipe ${name} of the supervisor was replaced`)
    pipes.set(name, pipe)
    return pipe
  }

  const progress = openProgress(() => openOutput('progress'))

  return {
    root,
    io,
    create(name, content, mode = 0o644) {
      const file = openPlain(name, constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY, mode)
      try {
        writeAll(file, Buffer.from(content))
        if ((fstatSync(file).mode & 0o777) !== mode) fchmodSync(file, mode)
      } finally {
        closeSync(file)
      }
    },
    openOutput,
    openFeed(name) {
      try {
        return ofKind(openSync(at(name), constants.O_WRONLY | guarded), (kind) => kind.isFIFO())
      } catch {
        return undefined
      }
    },
    exists: (name) => lstatSync(at(name), { throwIfNoEntry: false }) !== undefined,
    remove: (name) => rmSync(at(name), { force: true }),
    link(name, path) {
      rmSync(at(name), { force: true })
      linkSync(path, at(name))
    },
    openRead: (name) => openHandle(name, constants.O_RDONLY).catch(() => undefined),
    openWrite: (name) => openHandle(name, constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY, 0o644),
    appendNow(name, content) {
      for (let rest = Buffer.from(content); rest.length > 0; ) rest = rest.subarray(appendSome(name, rest))
    },
    append(name, content) {
      const appender = appenders.get(name) ?? createPatientWriter((bytes) => appendSome(name, bytes))
      appenders.set(name, appender)
      appender.write(Buffer.from(content))
    },
    appended: async (name, signal) => appenders.get(name)?.written(signal),
    size(name) {
      const file = openOutput(name)
      if (file === undefined) return 0
      try {
        return fstatSync(file).size
      } finally {
        closeSync(file)
      }
    },
    readSmall: (name) => readPart(name, () => 0),
    readEnd: (name) => readPart(name, (size) => Math.max(0, size - smallBytes)) ?? '',
    command: (line) => writeAll(openPipe('commands'), Buffer.from(`${line}\n`)),
    queue: (line, falls = 0) => writeAll(openPipe(`lane${falls || ''}`), Buffer.from(`${line}\n`)),
    progress,
    async close() {
      progress.close()
      for (const pipe of pipes.values()) closeSync(pipe)
      await directory.close()
    },
  }
}

/** Makes a folder ready for a supervisor; what is there already is not touched, for one may be reading it. */
export async function fillSharedFolder(io: string): Promise<void> {
  await mkdir(join(io, 'bin'), { recursive: true, mode: 0o777 })
  await mkdir(join(io, 'pipes'), { recursive: true })
  // The job's user is not known before its container is; the parent folder keeps everybody else out.
  for (const open of [io, join(io, 'pipes')]) await chmod(open, 0o777)
  await chmod(join(io, 'bin'), 0o755)
  if (existsSync(join(io, 'ready'))) return
  for (const name of ['supervisor.sh', 'stop.sh', 'circleci-tests.sh', 'circleci-testsuite.sh'])
    await copyFile(join(shim, name), join(io, name))
  const program = stepProgram(process.arch)
  if (program !== undefined) {
    await writeFile(join(io, 'step'), program)
    await chmod(join(io, 'step'), 0o755)
  }
  for (const name of ['circleci', 'circleci-agent']) {
    await copyFile(join(shim, 'circleci.sh'), join(io, 'bin', name))
    await chmod(join(io, 'bin', name), 0o755)
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at)
}

export async function removeTaskFolder(root: string): Promise<void> {
  // Whoever is told late that the environment ends may still put a file in it; then it is not empty, and tried again.
  await rm(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
}
