import { readdirSync, readFileSync } from 'node:fs'

/** How many processes of this machine have each of these words in their command lines; it looks at all of them once. */
export function countNaming(words: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const pid of readdirSync('/proc')) {
    const line = /^\d/.test(pid) ? commandLine(pid) : ''
    const word = line === '' ? undefined : words.find((one) => line.includes(one))
    if (word !== undefined) counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return counts
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')
  } catch {
    return ''
  }
}
