import { createPrivateKey } from 'node:crypto'
import { AppError } from '@rondo/model'
import ssh2 from 'ssh2'
import { fingerprints, type SshKeyPair } from './ssh-key-pair.ts'

/**
 * Both halves of a private key that somebody gives: OpenSSH's own format, or PEM of RSA and ECDSA keys. AppError
 * `bad-request` says what is wrong with it. One behind a passphrase is refused, since no job could open it.
 */
export function readPrivateKey(text: string): SshKeyPair {
  // Forms on web pages lose the last line break, and editors of other systems change all of them.
  const file = `${text.replaceAll('\r\n', '\n').trim()}\n`
  if (/^ssh-[\w-]+ AAAA|^ecdsa-/.test(file))
    throw refused('This is the public half of an SSH key. Give the private one, which begins with -----BEGIN.')
  const parsed = parse(file)
  if (parsed instanceof Error) {
    throw refused(
      /encrypted|passphrase/i.test(parsed.message) || /ENCRYPTED/.test(file)
        ? 'The SSH key has a passphrase, which no job could type. Make one without: ssh-keygen -t ed25519 -N "".'
        : 'This is no private SSH key. Give the whole file, from its line -----BEGIN … to its line -----END ….',
    )
  }
  if (!parsed.isPrivateKey()) throw refused('This is the public half of an SSH key. Give the private one.')
  const blob = parsed.getPublicSSH()
  const publicKey = `${parsed.type} ${blob.toString('base64')}${parsed.comment ? ` ${parsed.comment}` : ''}`
  return { publicKey, privateKey: file, ...fingerprints(blob) }
}

function parse(file: string): ssh2.ParsedKey | Error {
  const parsed = ssh2.utils.parseKey(file)
  if (!(parsed instanceof Error)) return parsed
  try {
    // PKCS #8, which OpenSSH reads and the parser does not.
    const key = createPrivateKey(file)
    const type = key.asymmetricKeyType === 'rsa' ? 'pkcs1' : 'sec1'
    return ssh2.utils.parseKey(key.export({ type, format: 'pem' }) as string)
  } catch {
    return parsed
  }
}

function refused(message: string): AppError {
  return new AppError('bad-request', message)
}
