import { constants } from 'node:fs'
import { chmod, copyFile, type FileHandle, mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The folder a task shares with its executor. The job may write anything into it, so it is never trusted: entries are
 * opened relative to the folder's own descriptor, without following links, and only if they are plain files.
 */
export interface TaskFolder {
  readonly root: string
  /** The shared part, as the host sees it. */
  readonly io: string
  create(name: string, content: string | Buffer, mode?: number): Promise<void>
  /** Undefined while there is no such plain file. */
  openRead(name: string): Promise<FileHandle | undefined>
  append(name: string, content: string): Promise<void>
  openWrite(name: string): Promise<FileHandle>
  readSmall(name: string): Promise<string | undefined>
  /** Sends a line to the supervisor. */
  command(line: string): Promise<void>
  close(): Promise<void>
}

const shim = fileURLToPath(new URL('./shim/', import.meta.url))
const smallBytes = 64 * 1024

export async function openTaskFolder(root: string): Promise<TaskFolder> {
  const io = join(root, 'io')
  await mkdir(join(io, 'bin'), { recursive: true, mode: 0o777 })
  // The job's user is not known before its container is; the parent folder keeps everybody else out.
  await chmod(io, 0o777)
  await chmod(join(io, 'bin'), 0o755)
  await copyFile(join(shim, 'supervisor.sh'), join(io, 'supervisor.sh'))
  for (const name of ['circleci', 'circleci-agent']) {
    await copyFile(join(shim, 'circleci.sh'), join(io, 'bin', name))
    await chmod(join(io, 'bin', name), 0o755)
  }
  const directory = await open(io, constants.O_DIRECTORY | constants.O_NOFOLLOW)
  const at = (name: string) => `/proc/self/fd/${directory.fd}/${name}`
  let commands: FileHandle | undefined

  async function openPlain(name: string, flags: number, mode?: number): Promise<FileHandle> {
    const file = await open(at(name), flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, mode)
    if ((await file.stat()).isFile()) return file
    await file.close()
    throw new Error(`${name} is not a plain file`)
  }

  return {
    root,
    io,
    async create(name, content, mode = 0o644) {
      const file = await openPlain(name, constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY, mode)
      await file.writeFile(content)
      await file.chmod(mode)
      await file.close()
    },
    openRead: (name) => openPlain(name, constants.O_RDONLY).catch(() => undefined),
    openWrite: (name) => openPlain(name, constants.O_CREAT | constants.O_TRUNC | constants.O_WRONLY, 0o644),
    async append(name, content) {
      const file = await openPlain(name, constants.O_CREAT | constants.O_APPEND | constants.O_WRONLY, 0o666)
      // The job's user appends too, whatever the agent's own mask of permissions.
      if ((await file.stat()).size === 0) await file.chmod(0o666)
      await file.writeFile(content)
      await file.close()
    },
    async readSmall(name) {
      const file = await openPlain(name, constants.O_RDONLY).catch(() => undefined)
      if (file === undefined) return undefined
      const { bytesRead, buffer } = await file.read(Buffer.alloc(smallBytes), 0, smallBytes, 0)
      await file.close()
      return buffer.toString('utf8', 0, bytesRead)
    },
    async command(line) {
      commands ??= await open(at('commands'), constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK)
      if (!(await commands.stat()).isFIFO()) throw new Error('the command pipe of the supervisor was replaced')
      await commands.write(`${line}\n`)
    },
    async close() {
      await commands?.close()
      await directory.close()
    },
  }
}

export async function removeTaskFolder(root: string): Promise<void> {
  await rm(root, { recursive: true, force: true })
}
