import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'

/** By what a server that is asked over TLS is known. */
export interface ServerTrust {
  /** For a connection that is opened now. */
  options(): TrustOptions
  /** The file is read again: after trouble, as the certificate may have been renewed. */
  forget(): void
}

interface TrustOptions {
  readonly ca: string[]
  /** What is in the file is enough, whoever signed it. */
  readonly allowPartialTrustChain: true
  readonly checkServerIdentity: typeof checkServerIdentity
}

/**
 * Trusts the certificates of a file (PEM) and no others, those of the system neither. An authority's vouches for servers that name
 * the address; the server's own counts whatever it names. Throws, by `options`, when the file cannot be read.
 */
export function trustFile(path: string): ServerTrust {
  let known: TrustOptions | undefined
  return {
    options: () => (known ??= read(path)),
    forget: () => (known = undefined),
  }
}

function read(path: string): TrustOptions {
  const ca = readFileSync(path, 'utf8').match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (ca.length === 0) throw new Error(`RONDO_SERVER_CA names ${path}, in which there is no certificate (PEM).`)
  const pinned = new Set(ca.map((pem) => new X509Certificate(pem).fingerprint256))
  return {
    ca,
    allowPartialTrustChain: true,
    checkServerIdentity: (host: string, certificate: PeerCertificate) =>
      pinned.has(certificate.fingerprint256) ? undefined : checkServerIdentity(host, certificate),
  }
}
