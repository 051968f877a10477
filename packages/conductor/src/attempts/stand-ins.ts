import { createHmac } from 'node:crypto'

/**
 * What stands for a secret in keys of caches, which the server keeps in the clear: for the same value always the same text, and
 * nobody without the server's own secret can try values against it (rows S-05 and S-08).
 */
export type StandIns = (value: string) => string

const letters = 22

export function createStandIns(secret: Uint8Array): StandIns {
  return (value) => createHmac('sha256', secret).update(`cache-key:${value}`).digest('base64url').slice(0, letters)
}
