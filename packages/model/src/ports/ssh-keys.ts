/** An SSH key that a project's jobs may ask for, to reach a host; `sealed` holds the private half. */
export interface SshKey {
  readonly id: string
  readonly projectId: string
  /** The host it is for; empty: any. */
  readonly hostname: string
  /** As `authorized_keys` has it: `ssh-ed25519 AAAA…`. */
  readonly publicKey: string
  readonly sealed: Buffer
  /** `16:af:…` */
  readonly md5: string
  /** `SHA256:…` */
  readonly sha256: string
}

export interface SshKeys {
  /** A key that a host has already is replaced. */
  add(key: Omit<SshKey, 'id'> & { readonly createdBy: string | null }): Promise<void>
  /** Oldest first. */
  of(projectId: string): Promise<readonly SshKey[]>
  /** By the fingerprint in either digest, of every host when none is named; answers whether there was one. */
  remove(projectId: string, fingerprint: string, hostname: string | undefined): Promise<boolean>
}
