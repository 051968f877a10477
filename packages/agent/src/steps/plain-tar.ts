import { pipeline } from 'node:stream/promises'
import { extract, type Header as Headers, pack } from 'tar-stream'
import type { TaskContext } from '../task/task-context.ts'

/**
 * For images whose tar keeps no absolute names, as BusyBox's: there each archive of a cache is two, of names relative to
 * the folder they are packed or unpacked in, and of names relative to the root. Archives that are stored look the same
 * whatever made them.
 */
export interface ArchiveParts {
  readonly relative: string
  readonly absolute: string
}

export function partsOf(archive: string): ArchiveParts {
  return { relative: `${archive}.relative`, absolute: `${archive}.absolute` }
}

/** Exit status of scripts that find such a tar. */
export const plainTar = 92

/** Packs the script's arguments into the parts of an archive, and ends with `plainTar`. */
export function packParts(archive: string): string {
  const { relative, absolute } = partsOf(archive)
  // Passes over what the pattern does not want, and packs the rest.
  const some = (name: string, cases: string, pack: string) =>
    `${name}() { left=$#; while [ $left -gt 0 ]; do path=$1; shift; left=$((left - 1)); case $path in ${cases} esac; done; [ $# -eq 0 ] || ${pack} "$@"; }`
  return [
    some('relative', '/*) ;; *) set -- "$@" "$path" ;;', `tar -cf "$RONDO_IO/${relative}"`),
    some('absolute', `/*) set -- "$@" "\${path#/}" ;;`, `tar -C / -cf "$RONDO_IO/${absolute}"`),
    `relative "$@" && absolute "$@" || exit 1`,
    `chmod a+r "$RONDO_IO/${archive}".*`,
    `exit ${plainTar}`,
  ].join('\n')
}

/** Makes one archive of its parts. A part that is not there has nothing in it. */
export async function joinParts(task: TaskContext, archive: string): Promise<void> {
  const parts = partsOf(archive)
  const target = pack()
  const written = writeTo(task, archive, target)
  const copying = (async () => {
    await copyEntries(task, parts.relative, (header) => [target, header])
    await copyEntries(task, parts.absolute, (header) => [target, rooted(header)])
    target.finalize()
  })()
  copying.catch((error) => target.destroy(error))
  await Promise.all([copying, written])
}

/** Makes its parts of an archive. */
export async function splitParts(task: TaskContext, archive: string): Promise<void> {
  const names = partsOf(archive)
  const [relative, absolute] = [pack(), pack()]
  const written = [writeTo(task, names.relative, relative), writeTo(task, names.absolute, absolute)]
  const copying = (async () => {
    await copyEntries(task, archive, (header) =>
      header.name.startsWith('/') ? [absolute, unrooted(header)] : [relative, header],
    )
    relative.finalize()
    absolute.finalize()
  })()
  copying.catch((error) => {
    relative.destroy(error)
    absolute.destroy(error)
  })
  await Promise.all([copying, ...written])
}

type Pack = ReturnType<typeof pack>

async function copyEntries(
  task: TaskContext,
  name: string,
  place: (header: Headers) => readonly [Pack, Headers],
): Promise<void> {
  const file = await task.folder.openRead(name)
  if (file === undefined) return
  const entries = extract()
  pipeline(file.createReadStream({ highWaterMark: 256 * 1024 }), entries).catch(() => {
    // Whoever walks the entries hears of it there.
  })
  for await (const entry of entries) {
    const [target, header] = place(entry.header)
    await new Promise<void>((resolve, reject) => {
      const sink = target.entry(header, (error) => (error ? reject(error) : resolve()))
      pipeline(entry, sink).catch(reject)
    })
  }
}

async function writeTo(task: TaskContext, name: string, source: Pack): Promise<void> {
  await pipeline(source, (await task.folder.openWrite(name)).createWriteStream())
}

/** Hard links name other entries; symbolic ones say what they will. */
function rooted(header: Headers): Headers {
  const linkname = header.type === 'link' ? `/${header.linkname ?? ''}` : header.linkname
  return { ...header, name: `/${header.name}`, ...(linkname === undefined ? {} : { linkname }) }
}

function unrooted(header: Headers): Headers {
  const linkname = header.type === 'link' ? header.linkname?.replace(/^\/+/, '') : header.linkname
  return { ...header, name: header.name.replace(/^\/+/, ''), ...(linkname === undefined ? {} : { linkname }) }
}
