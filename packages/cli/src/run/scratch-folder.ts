import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A folder for what a run needs only while it lasts; its name says whose it is. What runs left that were killed is removed
 * first, as far as this user may. Whoever makes it removes it.
 */
export function makeScratchFolder(): string {
  const parent = tmpdir()
  const started = startOf(process.pid)
  // A system that does not tell of its processes: nobody could say later whose it was.
  if (started === undefined) return mkdtempSync(join(parent, 'rondo-run-'))
  const world = processWorld()
  for (const name of readdirSync(parent)) {
    const owner = ownerOf(name)
    if (owner === undefined || owner.world !== world || startOf(owner.pid) === owner.started) continue
    try {
      rmSync(join(parent, name), { recursive: true, force: true })
    } catch {
      // Another user's, or another run removes it at this moment.
    }
  }
  return mkdtempSync(join(parent, `rondo-run-${process.pid}-${started}-${world}-`))
}

/** The process that a folder is of: numbers are used again, so its start is part of it. */
interface Owner {
  readonly pid: number
  /** Clock ticks since the machine started. */
  readonly started: string
  readonly world: string
}

function ownerOf(name: string): Owner | undefined {
  const match = /^rondo-run-(\d+)-(\d+)-(\d+)-\w{6}$/.exec(name)
  return match === null ? undefined : { pid: Number(match[1]), started: match[2] ?? '', world: match[3] ?? '' }
}

/** Which processes can be seen from here: a container that shares this folder has other ones with the same numbers. */
function processWorld(): string {
  return /\d+/.exec(readlinkSync('/proc/self/ns/pid'))?.[0] ?? '0'
}

/** Undefined when no such process lives. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in parentheses, which may hold spaces and parentheses itself.
    const [state, ...others] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' || state === 'X' ? undefined : others[18]
  } catch {
    return undefined
  }
}
