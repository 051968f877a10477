import type { EnvironmentEntry } from '@rondo/model'

/** A word that any POSIX shell reads back unchanged. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

/** Lines that set variables; names a shell could not hold are left out. */
export function exports(entries: readonly EnvironmentEntry[]): string {
  return entries
    .filter((entry) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(entry.name) && !entry.value.includes('\0'))
    .map((entry) => `export ${entry.name}=${quote(entry.value)}\n`)
    .join('')
}

/** A path for a shell: `~` becomes the home folder, which is `/` for users that have none; all else stays as it is. */
export function shellPath(path: string): string {
  if (path === '~') return '"$HOME"'
  return path.startsWith('~/') ? `"\${HOME%/}"/${quote(path.slice(2))}` : quote(path)
}
