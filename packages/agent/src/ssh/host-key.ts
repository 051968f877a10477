import { createHash } from 'node:crypto'
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newSshKey } from '@rondo/adapters'
import ssh2 from 'ssh2'

export interface HostKey {
  readonly privateKey: string
  /** `SHA256:…`, as clients show it. */
  readonly fingerprint: string
}

/** The key by which people know this agent; made once. One that nobody can read was never shown to anybody, and is replaced. */
export async function hostKey(folder: string): Promise<HostKey> {
  const path = join(folder, 'ssh-host-key')
  let privateKey = (await read(path)) ?? (await make(path, link))
  if (ssh2.utils.parseKey(privateKey) instanceof Error) privateKey = await make(path, rename)
  const parsed = ssh2.utils.parseKey(privateKey) as ssh2.ParsedKey
  const digest = createHash('sha256').update(parsed.getPublicSSH()).digest('base64')
  return { privateKey, fingerprint: `SHA256:${digest.replace(/=+$/, '')}` }
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

async function make(path: string, place: (from: string, to: string) => Promise<void>): Promise<string> {
  const fresh = `${path}.${crypto.randomUUID()}`
  await writeFile(fresh, newSshKey().privateKey, { mode: 0o600, flag: 'wx' })
  // Of two that make one, the first counts.
  await place(fresh, path).catch(() => {})
  await rm(fresh, { force: true })
  return readFile(path, 'utf8')
}
