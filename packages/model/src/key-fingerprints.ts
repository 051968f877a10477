interface Fingerprints {
  readonly md5: string
  readonly sha256: string
}

/** Whether a list of fingerprints in a config means a key; an empty list means every key. */
export function isAskedFor(key: Fingerprints, fingerprints: readonly string[]): boolean {
  return fingerprints.length === 0 || fingerprints.some((fingerprint) => isFingerprintOf(key, fingerprint))
}

/** Either digest, as tools print it: `16:af:…`, `MD5:16:af:…` or `SHA256:…`, with or without padding. */
export function isFingerprintOf(key: Fingerprints, written: string): boolean {
  const fingerprint = written.trim()
  return fingerprint.replace(/=+$/, '') === key.sha256 || fingerprint.replace(/^MD5:/i, '').toLowerCase() === key.md5
}
