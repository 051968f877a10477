import { createHash } from 'node:crypto'
import ssh2 from 'ssh2'

/**
 * Answers one attempt of a client to say who it is; the fingerprint (`SHA256:…`) once it has proved to hold a known key's
 * private half. Only keys are accepted. `git` is everybody's name, but any will do: the key says who it is.
 */
export async function authenticateByKey(
  context: ssh2.AuthContext,
  knows: (fingerprint: string) => Promise<boolean>,
): Promise<string | undefined> {
  if (context.method !== 'publickey') {
    context.reject(['publickey'])
    return undefined
  }
  const fingerprint = `SHA256:${createHash('sha256').update(context.key.data).digest('base64').replace(/=+$/, '')}`
  const key = ssh2.utils.parseKey(context.key.data)
  if (key instanceof Error || !(await knows(fingerprint))) {
    context.reject(['publickey'])
    return undefined
  }
  // Without a signature a client only asks whether it is worth making one.
  if (context.signature === undefined || context.blob === undefined) {
    context.accept()
    return undefined
  }
  if (key.verify(context.blob, context.signature, context.hashAlgo) !== true) {
    context.reject(['publickey'])
    return undefined
  }
  context.accept()
  return fingerprint
}
