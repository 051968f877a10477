/** A pair of SSH keys with which a project's repository may be read; `sealed` holds the private half. */
export interface CheckoutKey {
  readonly id: string
  readonly projectId: string
  readonly type: 'deploy-key' | 'github-user-key'
  /** As `authorized_keys` has it: `ssh-ed25519 AAAA…`. */
  readonly publicKey: string
  readonly sealed: Buffer
  /** `16:af:…` */
  readonly md5: string
  /** `SHA256:…` */
  readonly sha256: string
  readonly createdAt: Date
  /** Who made it; a user's key opens what they may open. */
  readonly createdBy: string | null
}

/** The newest key of a project is the one it prefers. */
export interface CheckoutKeys {
  add(key: Omit<CheckoutKey, 'id' | 'createdAt'>): Promise<CheckoutKey>
  /** Newest first. */
  of(projectId: string): Promise<readonly CheckoutKey[]>
  /** Every project's key with this fingerprint (`SHA256:…`). */
  byFingerprint(sha256: string): Promise<readonly CheckoutKey[]>
  remove(id: string): Promise<boolean>
}
