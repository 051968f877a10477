/** A public SSH key of a person. */
export interface UserKey {
  readonly id: string
  readonly userId: string
  readonly name: string
  /** As `authorized_keys` has it: `ssh-ed25519 AAAA…`. */
  readonly publicKey: string
  /** `SHA256:…` */
  readonly sha256: string
  readonly createdAt: Date
}

/** Keys of people; each is one person's alone. */
export interface UserKeys {
  /** Undefined: the key is somebody's already. */
  add(key: Omit<UserKey, 'id' | 'createdAt'>): Promise<UserKey | undefined>
  of(userId: string): Promise<readonly UserKey[]>
  remove(id: string, userId: string): Promise<boolean>
}

/** Who may enter a job over SSH. What a project or a member's role no longer allows counts at once. */
export interface SshAccess {
  /** Lets one more person into a job that was rerun with SSH; false: it was not, has ended, or its project allows no SSH. */
  allow(jobId: string, userId: string): Promise<boolean>
  /** Login of the person whose key this is, when they may enter; that they did is written down once the key is `proven` theirs. */
  admit(jobId: string, sha256: string, proven: boolean): Promise<string | undefined>
  /** Logins of those who may enter. */
  usersOf(jobId: string): Promise<readonly string[]>
}
