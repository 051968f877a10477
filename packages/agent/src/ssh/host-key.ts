import { createHash } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ssh2 from 'ssh2'

export interface HostKey {
  readonly privateKey: string
  /** `SHA256:…`, as clients show it. */
  readonly fingerprint: string
}

/** The key by which people know this agent; made once. */
export async function hostKey(folder: string): Promise<HostKey> {
  const path = join(folder, 'ssh-host-key')
  const privateKey = (await read(path)) ?? (await make(path))
  const parsed = ssh2.utils.parseKey(privateKey)
  if (parsed instanceof Error) throw new Error(`the SSH host key ${path} is broken; remove it, and a new one is made`)
  const digest = createHash('sha256').update(parsed.getPublicSSH()).digest('base64')
  return { privateKey, fingerprint: `SHA256:${digest.replace(/=+$/, '')}` }
}

async function read(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined)
}

async function make(path: string): Promise<string> {
  const fresh = `${path}.${crypto.randomUUID()}`
  await writeFile(fresh, ssh2.utils.generateKeyPairSync('ed25519').private, { mode: 0o600, flag: 'wx' })
  // Of two that make one, the first counts.
  await link(fresh, path).catch(() => {})
  await rm(fresh)
  return readFile(path, 'utf8')
}
