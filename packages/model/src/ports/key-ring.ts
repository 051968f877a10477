/** Takes secrets in. `scope` is bound to the ciphertext: a value sealed for one owner cannot be opened for another. */
export interface SecretSealer {
  seal(plaintext: string, scope: string): Promise<Buffer>
}

/** Gives secrets out: only where they are handed to agents (rule D-19). */
export interface SecretOpener {
  /** Throws when the ciphertext was changed, belongs to another scope, or its key is gone. */
  open(sealed: Buffer, scope: string): Promise<string>
}

/** Envelope encryption. */
export interface KeyRing extends SecretSealer, SecretOpener {}

/** Scope of a project variable. */
export function projectScope(projectId: string): string {
  return `project:${projectId}`
}

/** Scope of a context variable. */
export function contextScope(contextId: string): string {
  return `context:${contextId}`
}
