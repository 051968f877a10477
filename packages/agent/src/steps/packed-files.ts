import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'
import { untilReachable } from '../control-plane/retry.ts'
import { runInternal } from '../task/launch.ts'
import { shellPath } from '../task/shell.ts'
import type { TaskContext } from '../task/task-context.ts'
import type { PackedLink } from './artifact-links.ts'

export interface PackedVisitor {
  /** The path is relative to the folder; that of a file given directly is empty. */
  file(path: string, bytes: AsyncIterable<Buffer>, position: number): Promise<unknown>
  /** May be told of one more than once. */
  link?(link: PackedLink): void
}

/**
 * Packs a path inside the job and walks the pack here, one file after the other as streams; the path of a file given
 * directly is empty. A server that goes away has the file that was on its way visited again.
 */
export async function eachFile(
  task: TaskContext,
  path: string,
  index: number,
  visit: PackedVisitor,
): Promise<'done' | 'missing' | 'failed'> {
  const archive = `f${index}.tar`
  const script = `
p=${shellPath(path)}
[ -e "$p" ] || exit 3
command -v tar >/dev/null || { echo "The image has no tar. Use an image that has it."; exit 1; }
if [ -d "$p" ]; then cd "$p" && tar -cf "$RONDO_IO/${archive}" . ; else : >"$RONDO_IO/${archive}.single"; cd "$(dirname "$p")" && tar -chf "$RONDO_IO/${archive}" "$(basename "$p")"; fi
status=$?; [ $status -le 1 ] && chmod a+r "$RONDO_IO/${archive}"`
  const status = await runInternal(task, `i${index}`, `s${index}.out`, script)
  if (status === 3) return 'missing'
  const packed = status === 0 ? await task.folder.openRead(archive) : undefined
  if (packed === undefined) return 'failed'
  await packed.close()
  const single = task.folder.readSmall(`${archive}.single`) !== undefined
  let next = 0
  await untilReachable(async () => {
    let position = 0
    for await (const entry of entriesOf(task, archive)) {
      if ('target' in entry) visit.link?.(entry)
      else if (position++ >= next) {
        await visit.file(single ? '' : entry.path, entry.bytes, position - 1)
        next = position
      }
    }
  }, task.signal)
  await runInternal(task, `d${index}`, `s${index}.out`, `rm -f "$RONDO_IO/${archive}"`)
  return 'done'
}

type PackedFile = { readonly path: string; readonly bytes: AsyncIterable<Buffer> }

async function* entriesOf(task: TaskContext, archive: string): AsyncGenerator<PackedFile | PackedLink> {
  const file = await task.folder.openRead(archive)
  if (file === undefined) throw new Error(`${archive} is missing from the shared folder`)
  const entries = extract()
  pipeline(file.createReadStream({ highWaterMark: 256 * 1024 }), entries).catch(() => {
    // Whoever walks the entries hears of it there.
  })
  for await (const entry of entries) {
    const { type, name, linkname } = entry.header
    const path = inFolder(name)
    if (type === 'file') yield { path, bytes: entry as AsyncIterable<Buffer> }
    else if (type === 'symlink') yield { path, target: linkname ?? '', kind: 'symbolic' }
    else if (type === 'link') yield { path, target: inFolder(linkname ?? ''), kind: 'hard' }
    entry.resume()
  }
}

function inFolder(name: string): string {
  return name.replace(/^\.\//, '')
}
