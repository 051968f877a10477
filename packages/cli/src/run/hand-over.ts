import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { readAddress, writeAddress } from './server-address.ts'

const holder = fileURLToPath(new URL('hold-server.ts', import.meta.url))

/**
 * Leaves a server that this process started to a process of its own, which holds it until nobody uses it; this one may then
 * end. The input is passed on and never closed here: that would end the server. Answers false when no process can be started,
 * and the server is still this one's.
 */
export function handOver(server: ChildProcess, dataFolder: string): boolean {
  const address = readAddress(dataFolder)
  if (address === undefined) return false
  const held = spawn(process.execPath, [holder, dataFolder], {
    cwd: dataFolder,
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', server.stdin],
  })
  // Said by the answer.
  held.once('error', () => {})
  if (held.pid === undefined) return false
  writeAddress(dataFolder, { ...address, owner: held.pid })
  held.unref()
  server.unref()
  for (const stream of [server.stdout, server.stderr]) stream?.destroy()
  return true
}
