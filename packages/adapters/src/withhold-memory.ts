import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

/**
 * Keeps what this process has in its memory out of files, and from whoever may only send it signals (row S-07): when it crashes,
 * nothing of it is written or handed to the machine's crash handler, and SIGUSR1 opens no debugger. Programs it starts have the first
 * from it, and may ask for dumps of their own memory again. To be called before anything secret is read.
 */
export function withholdMemory(): void {
  // One byte: at none the kernel still hands everything to a handler that `core_pattern` names.
  const limited = spawnSync('prlimit', [`--pid=${process.pid}`, '--core=1:'], { stdio: 'ignore' }).status === 0
  if (!limited) dumpNothing()
  process.on('SIGUSR1', () => {})
}

/** Where util-linux is not installed, or nothing may be raised to one byte: a dump then has no memory in it. */
function dumpNothing(): void {
  try {
    writeFileSync('/proc/self/coredump_filter', '0')
  } catch {
    // Not a Linux; there are no such dumps to speak of.
  }
}
