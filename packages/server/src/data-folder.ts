import { constants } from 'node:fs'
import { access, mkdir, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { AppError } from '@rondo/model'

/** Where each part keeps its things below the data folder. */
export interface DataFolder {
  readonly root: string
  readonly postgres: string
  readonly objects: string
  readonly output: string
  readonly repositories: string
  readonly agent: string
  /** Keys that every process may need, and public halves. */
  readonly keys: string
  /** What opens secrets, signs tokens and is the local agent: for processes with the role `agents` alone. */
  readonly privateKeys: string
  readonly logs: string
}

const leastFreeBytes = 256 * 1024 * 1024

/** Makes the folders that are missing. AppError `unavailable` when the disk or the permissions do not allow work to begin. */
export async function openDataFolder(root: string): Promise<DataFolder> {
  const folder: DataFolder = {
    root,
    postgres: join(root, 'postgres'),
    objects: join(root, 'objects'),
    output: join(root, 'output'),
    repositories: join(root, 'repositories'),
    agent: join(root, 'agent'),
    keys: join(root, 'keys'),
    privateKeys: join(root, 'keys', 'private'),
    logs: join(root, 'logs'),
  }
  try {
    // PostgreSQL drops root's rights and must still pass through; everything private below is closed by its owner.
    await mkdir(root, { recursive: true, mode: 0o755 })
    await access(root, constants.W_OK)
    await Promise.all(
      [folder.keys, folder.privateKeys, folder.agent].map((path) => mkdir(path, { recursive: true, mode: 0o700 })),
    )
    await Promise.all(
      [folder.objects, folder.output, folder.repositories, folder.logs].map((path) =>
        mkdir(path, { recursive: true, mode: 0o750 }),
      ),
    )
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code
    if (reason === 'EEXIST' || reason === 'ENOTDIR')
      throw new AppError(
        'unavailable',
        `The data folder ${root} cannot be made: there is a file of that name on its path. Remove the file, or set RONDO_DATA to another folder.`,
        { cause },
      )
    if (reason === 'ENOSPC') await requireSpace(dirname(root))
    throw new AppError(
      'unavailable',
      `The data folder ${root} cannot be written. Give this user the right to, or set RONDO_DATA to another folder.`,
      { cause },
    )
  }
  await requireSpace(root)
  return folder
}

async function requireSpace(root: string): Promise<void> {
  const disk = await statfs(root)
  const free = disk.bavail * disk.bsize
  if (free >= leastFreeBytes) return
  throw new AppError(
    'unavailable',
    `Only ${Math.floor(free / 1024 / 1024)} MB are free on the disk of ${root}; Rondo needs at least 256 MB to start. Free some space, or set RONDO_DATA to a folder on another disk.`,
  )
}
