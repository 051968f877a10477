/** A public key as RFC 7517 writes it. */
export interface PublicJwk {
  readonly kty: 'RSA'
  readonly use: 'sig'
  readonly alg: 'RS256'
  readonly kid: string
  readonly n: string
  readonly e: string
}

/** What whoever is shown a token judges it by. */
export interface PublishedKeys {
  /** Of every key that signs, has signed what may still be valid, or will sign next: who caches them knows it in time. */
  publicKeys(): Promise<readonly PublicJwk[]>
}

/** Signs what jobs show to others to say which job they are (OpenID Connect). */
export interface TokenSigner extends PublishedKeys {
  /**
   * A JSON Web Token over these claims, RS256. The key is the one that signs at `iat` (seconds since 1970), so the same claims
   * always give the same token.
   */
  sign(claims: Readonly<Record<string, unknown>> & { readonly iat: number }): Promise<string>
}
