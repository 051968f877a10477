import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'

export interface SshKeyPair {
  /** One line, as `authorized_keys` has it. */
  readonly publicKey: string
  /** As `ssh` reads it, unencrypted. */
  readonly privateKey: string
  /** `16:af:…` */
  readonly md5: string
  /** `SHA256:…` */
  readonly sha256: string
}

const algorithm = 'ssh-ed25519'

/** A new Ed25519 pair in OpenSSH's own formats (its PROTOCOL.key; RFC 8709 for the public half). */
export function newSshKeyPair(comment: string): SshKeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const open = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  const seed = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url')
  const blob = Buffer.concat([field(algorithm), field(open)])
  return {
    publicKey: `${algorithm} ${blob.toString('base64')} ${comment}`,
    privateKey: privateFile(blob, open, seed, comment),
    ...fingerprints(blob),
  }
}

/** Both digests of a public key, as OpenSSH writes them. */
export function fingerprints(blob: Buffer): Pick<SshKeyPair, 'md5' | 'sha256'> {
  const md5 = createHash('md5').update(blob).digest('hex')
  return {
    md5: md5.match(/../g)!.join(':'),
    sha256: `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`,
  }
}

function privateFile(blob: Buffer, open: Buffer, seed: Buffer, comment: string): string {
  const check = randomBytes(4)
  const secret = Buffer.concat([
    check,
    check,
    field(algorithm),
    field(open),
    field(Buffer.concat([seed, open])),
    field(comment),
  ])
  // The cipher is none, whose blocks are of 8 bytes; the padding counts from 1.
  const padding = Buffer.from(Array.from({ length: (8 - (secret.length % 8)) % 8 }, (_none, index) => index + 1))
  const file = Buffer.concat([
    Buffer.from('openssh-key-v1\0'),
    field('none'),
    field('none'),
    field(''),
    Buffer.from([0, 0, 0, 1]),
    field(blob),
    field(Buffer.concat([secret, padding])),
  ])
  const lines = file.toString('base64').match(/.{1,70}/g)!
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines.join('\n')}\n-----END OPENSSH PRIVATE KEY-----\n`
}

/** Bytes behind their length, as every part of an SSH message is written. */
function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
