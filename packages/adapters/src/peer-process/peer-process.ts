import { readdir, readFile, readlink } from 'node:fs/promises'
import { isIPv4 } from 'node:net'

/** The two ends of a connection, as the accepting side sees them; a `net.Socket` is one. */
export interface ConnectionEnds {
  readonly localPort?: number | undefined
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
}

/**
 * Whether the other end is a process of this machine that lives in a user namespace of its own: a job in the host sandbox
 * shares the host's network, and so its loopback. False for other machines and for containers, whose networks are others,
 * and where this process may not look.
 */
export async function peerIsSandboxed(connection: ConnectionEnds): Promise<boolean> {
  const inodes = await peerInodes(connection)
  if (inodes.length === 0) return false
  // Its owner closed it after a word that needs no answer.
  if (inodes.includes('0')) return true
  const own = await readlink('/proc/self/ns/user').catch(() => '')
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const namespace = await readlink(`/proc/${pid}/ns/user`).catch(() => own)
    if (namespace !== own && (await holdsSocket(pid, inodes))) return true
  }
  return false
}

/** Inodes of this machine's sockets that are the connection's far end. */
async function peerInodes({ localPort, remoteAddress, remotePort }: ConnectionEnds): Promise<readonly string[]> {
  if (localPort === undefined || remotePort === undefined || remoteAddress === undefined) return []
  const address = addressEnd(remoteAddress)
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')))
  return tables
    .flatMap((table) => table.split('\n'))
    .map((row) => row.trim().split(/\s+/))
    .filter(
      ([, local, remote]) => local?.endsWith(`${address}:${hex(remotePort)}`) && remote?.endsWith(`:${hex(localPort)}`),
    )
    .map((fields) => fields[9] ?? '0')
}

/** How the kernel ends an IPv4 address in its tables, mapped into IPv6 or not; nothing for others: their ports must do. */
function addressEnd(address: string): string {
  const plain = address.replace(/^::ffff:/i, '')
  if (!isIPv4(plain)) return ''
  const bytes = plain.split('.').map((byte) => Number(byte).toString(16).padStart(2, '0'))
  return bytes.reverse().join('').toUpperCase()
}

function hex(port: number): string {
  return port.toString(16).padStart(4, '0').toUpperCase()
}

async function holdsSocket(pid: string, inodes: readonly string[]): Promise<boolean> {
  const folder = `/proc/${pid}/fd`
  const links = await Promise.all(
    (await readdir(folder).catch(() => [])).map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  )
  return inodes.some((inode) => links.includes(`socket:[${inode}]`))
}
