import { createHash } from 'node:crypto'
import ssh2 from 'ssh2'

/**
 * Answers one attempt of a client to say who it is, asking `knows` of a key and whether it is proven to be the client's:
 * anybody may show a public key. The fingerprint (`SHA256:…`) once it has proved to hold a known key's
 * private half. Only keys are accepted. `git` is everybody's name, but any will do: the key says who it is.
 */
export async function authenticateByKey(
  context: ssh2.AuthContext,
  knows: (fingerprint: string, proven: boolean) => Promise<boolean>,
): Promise<string | undefined> {
  if (context.method !== 'publickey') {
    context.reject(['publickey'])
    return undefined
  }
  const fingerprint = `SHA256:${createHash('sha256').update(context.key.data).digest('base64').replace(/=+$/, '')}`
  const key = ssh2.utils.parseKey(context.key.data)
  const { signature, blob } = context
  // Without a signature a client only asks whether it is worth making one.
  const asks = signature === undefined || blob === undefined
  const genuine = !(key instanceof Error) && (asks || key.verify(blob, signature, context.hashAlgo) === true)
  if (!genuine || !(await knows(fingerprint, !asks))) {
    context.reject(['publickey'])
    return undefined
  }
  context.accept()
  return asks ? undefined : fingerprint
}
