import { Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { runInternal, wasLaunched } from '../task/launch.ts'
import type { TaskContext } from '../task/task-context.ts'
import type { Archive } from './bring-archive.ts'
import { partsOf, plainTar, splitParts } from './plain-tar.ts'
import { wholePipes } from './whole-pipes.ts'

/** An archive that is here, and where a job wants what it holds. */
export interface UnpackOrder {
  /** Of the step. */
  readonly index: number
  /** Which of the step's archives it is, from 0. */
  readonly layer: number
  readonly archive: Archive
  /** As a shell reads it; made when it is not there. */
  readonly directory: string
}

/**
 * Unpacks an archive in the job. Where the image has zstd, it reads the file as it was stored; else the bytes are fed through
 * a pipe, so that they are never written twice. What an agent that died had begun is begun anew; unpacking again changes
 * nothing.
 */
export async function unpack(task: TaskContext, order: UnpackOrder): Promise<boolean> {
  const { index, layer, archive, directory } = order
  const { id, earlier } = freshId(task, `u${index}-${layer}`)
  const feed = `${id}.feed`
  const stored = `${id}.zst`
  // GNU tar takes a short piece from a pipe for a damaged archive unless it is told; others know no such option. A tar that
  // ends at the archive's mark leaves the rest in the pipe, and zstd must not fail for it.
  const script = `
command -v tar >/dev/null || { echo "The image has no tar. Use an image that has it."; exit 1; }
${wholePipes}
TAR_OPTIONS="$TAR_OPTIONS --read-full-records"
tar -cPf /dev/null /dev/null 2>/dev/null || exit ${plainTar}
mkdir -p ${directory} && cd ${directory} || exit 1
if zstd -qc </dev/null >/dev/null 2>&1; then
  status=$({ { zstd -dqc "$RONDO_IO/${stored}" 3>&-; echo $? >&3; } | { tar -xPf - >&2 3>&- && cat >/dev/null; }; } 3>&1) || exit 1
  exit "$status"
fi
mkfifo -m 666 "$RONDO_IO/${feed}" || exit 1
tar -xPf "$RONDO_IO/${feed}"`
  task.folder.link(stored, archive.path)
  let over = false
  const unpacking = runInternal(task, id, `s${index}.out`, script).finally(() => {
    over = true
  })
  unpacking.catch(() => {})
  let pipe: number | undefined
  while (!over && pipe === undefined) {
    for (const begun of earlier) if (task.folder.progress.began(begun)) stop(task, begun, earlier)
    pipe = task.folder.openFeed(feed)
    if (pipe === undefined) await Promise.race([unpacking, sleep(2)])
  }
  if (pipe !== undefined) {
    const target = new Socket({ fd: pipe, readable: false, writable: true })
    await pipeline(archive.open(), target, { signal: task.signal }).catch(unlessClosed)
  }
  const status = await unpacking
  task.folder.remove(stored)
  return status === plainTar ? unpackParts(task, order) : status === 0
}

/** For a tar that keeps no absolute names. */
async function unpackParts(task: TaskContext, { index, layer, archive, directory }: UnpackOrder): Promise<boolean> {
  const name = `r${index}-${layer}.tar`
  await pipeline(archive.open(), (await task.folder.openWrite(name)).createWriteStream(), { signal: task.signal })
  await splitParts(task, name)
  const { relative, absolute } = partsOf(name)
  const script = `
mkdir -p ${directory} && cd ${directory} && tar -xf "$RONDO_IO/${relative}" && tar -C / -xf "$RONDO_IO/${absolute}"`
  const status = await runInternal(task, `p${index}-${layer}`, `s${index}.out`, script)
  for (const part of [name, relative, absolute]) task.folder.remove(part)
  return status === 0
}

/** The reader has all it wants, or failed: its status tells. */
function unlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}

/** An id under which nothing was launched yet, and those under which something was. */
function freshId(task: TaskContext, id: string): { readonly id: string; readonly earlier: Set<string> } {
  const earlier = new Set<string>()
  let fresh = id
  for (let count = 1; wasLaunched(task, fresh); count++) {
    earlier.add(fresh)
    fresh = `${id}-${count}`
  }
  return { id: fresh, earlier }
}

/** Nobody feeds it any more, and what follows waits for its end. */
function stop(task: TaskContext, id: string, earlier: Set<string>): void {
  earlier.delete(id)
  if (task.folder.progress.statusOf(id) === undefined) task.folder.command(`kill ${id} KILL`)
}
