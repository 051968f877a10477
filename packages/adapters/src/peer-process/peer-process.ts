import { readdir, readFile, readlink } from 'node:fs/promises'
import { isIPv4 } from 'node:net'
import { createRounds } from '@rondo/model'

/** The two ends of a connection, as the accepting side sees them; a `net.Socket` is one. */
export interface ConnectionEnds {
  readonly localPort?: number | undefined
  readonly remoteAddress?: string | undefined
  readonly remotePort?: number | undefined
}

/**
 * Whether the other end is a process of this machine that lives in a user namespace of its own: a job in the host sandbox
 * shares the host's network, and so its loopback. False for other machines and for containers, whose networks are others,
 * and where this process may not look. Who asks while others are looked for is looked for with all who do, after them: the
 * kernel's tables are as long as there are connections, and reading them for each of a thousand would take minutes.
 */
export const peerIsSandboxed: (connection: ConnectionEnds) => Promise<boolean> = createRounds(peersAreSandboxed)

async function peersAreSandboxed(connections: readonly ConnectionEnds[]): Promise<readonly boolean[]> {
  const inodes = await peerInodes(connections)
  const wanted = new Set(inodes.flat())
  if (wanted.size === 0) return connections.map(() => false)
  const sandboxed = await socketsOfSandboxes()
  // Without an inode: its owner closed it after a word that needs no answer.
  return inodes.map((own) => own.some((inode) => inode === '0' || sandboxed.has(inode)))
}

/** Inodes of the sockets that processes in other user namespaces have open. */
async function socketsOfSandboxes(): Promise<ReadonlySet<string>> {
  const own = await readlink('/proc/self/ns/user').catch(() => '')
  const sockets = new Set<string>()
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue
    const namespace = await readlink(`/proc/${pid}/ns/user`).catch(() => own)
    if (namespace !== own) for (const inode of await socketsOf(pid)) sockets.add(inode)
  }
  return sockets
}

/** A row of the kernel's table: both ends, six fields that matter nothing here, and the inode. */
const row = /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) (?:\S+ +){6}(\d+)/gm

/** For each connection, inodes of this machine's sockets that are its far end. */
async function peerInodes(connections: readonly ConnectionEnds[]): Promise<readonly (readonly string[])[]> {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')))
  const byPorts = new Map<string, { readonly address: string; readonly inode: string }[]>(
    connections.map((connection) => [portsOf(connection), []]),
  )
  for (const table of tables)
    for (const [, address = '', local, remote, inode = '0'] of table.matchAll(row))
      byPorts.get(`${local} ${remote}`)?.push({ address, inode })
  return connections.map((connection) => {
    if (connection.remoteAddress === undefined) return []
    const end = addressEnd(connection.remoteAddress)
    return (byPorts.get(portsOf(connection)) ?? [])
      .filter(({ address }) => address.endsWith(end))
      .map(({ inode }) => inode)
  })
}

/** The ports as the far end's row has them, its own first. */
function portsOf({ localPort, remotePort }: ConnectionEnds): string {
  return localPort === undefined || remotePort === undefined ? '' : `${hex(remotePort)} ${hex(localPort)}`
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

async function socketsOf(pid: string): Promise<readonly string[]> {
  const folder = `/proc/${pid}/fd`
  const links = await Promise.all(
    (await readdir(folder).catch(() => [])).map((name) => readlink(`${folder}/${name}`).catch(() => '')),
  )
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [])
}
