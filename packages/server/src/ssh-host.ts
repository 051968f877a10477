import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newSshKeyPair } from '@rondo/api'
import { AppError } from '@rondo/model'
import type { ServerEnv } from './env.ts'
import { writeOnce } from './write-once.ts'

export interface SshHost {
  /** `ssh://git@HOST:PORT` */
  readonly url: string
  /** Private key of the host, in OpenSSH's format. */
  readonly privateKey: string
  /** Its public half: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string
}

/** What the built-in hosting is known by over SSH; undefined without RONDO_SSH_PORT. Its key is made once and kept. */
export function openSshHost(env: Pick<ServerEnv, 'sshPort' | 'publicUrl'>, keysFolder: string): SshHost | undefined {
  if (env.sshPort === undefined) return undefined
  const file = join(keysFolder, 'ssh-host-key')
  const content = writeOnce(file, () => {
    const { privateKey, publicKey } = newSshKeyPair('rondo')
    return JSON.stringify({ privateKey, publicKey })
  })
  const { privateKey, publicKey } = JSON.parse(content.toString('utf8'))
  const [type, blob] = publicKey.split(' ')
  return {
    url: `ssh://git@${new URL(env.publicUrl).hostname}:${env.sshPort}`,
    privateKey,
    hostKey: `${type} ${blob}`,
  }
}

/** Lines of the known_hosts file that an administrator names. AppError `bad-request` when it cannot be read. */
export function readKnownHosts(file: string | undefined): readonly string[] {
  if (file === undefined) return []
  try {
    const lines = readFileSync(file, 'utf8').split(/\r?\n/)
    return lines.map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'))
  } catch (cause) {
    throw new AppError(
      'bad-request',
      `RONDO_KNOWN_HOSTS names ${file}, which cannot be read. Write the file, or leave the setting out.`,
      { cause },
    )
  }
}
