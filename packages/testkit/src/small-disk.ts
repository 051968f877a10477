import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A file system in memory that is small enough to fill. */
export interface SmallDisk {
  readonly path: string
  /** Leaves so many pages free; default none. */
  fill(pages?: number): void
  /** Takes away what filled it. */
  makeRoom(): void
  unmount(): void
}

/** Whether this user may mount a file system, as root outside of containers may. */
export function mayMount(): boolean {
  return spawnSync('unshare', ['--mount', 'true']).status === 0
}

/** `size`: as `mount` takes it (`4m`). */
export function mountSmallDisk(size: string): SmallDisk {
  const path = mkdtempSync(join(tmpdir(), 'small-disk-'))
  const { status, stderr } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'rondo-test', path])
  if (status !== 0) throw new Error(`no file system could be mounted on ${path}: ${stderr}`)
  const filler = join(path, 'filler')
  return {
    path,
    fill(pages = 0) {
      const { bavail, bsize } = statfsSync(path)
      writeFileSync(filler, Buffer.alloc((bavail - pages) * bsize))
    },
    makeRoom: () => rmSync(filler),
    unmount() {
      spawnSync('umount', ['-l', path])
      rmdirSync(path)
    },
  }
}
