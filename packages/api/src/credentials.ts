import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify(scrypt) as (password: string, salt: Buffer, length: number) => Promise<Buffer>

/** 256 random bits behind a prefix that scanners can look for (rule D-20). */
export function newToken(): string {
  return `rondo_${randomBytes(32).toString('base64url')}`
}

/** The same for agents; `join` is one with which machines become agents. */
export function newAgentToken(kind: 'agent' | 'join'): string {
  return `rondo_${kind}_${randomBytes(32).toString('base64url')}`
}

/** What is stored of a token or session. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** `scrypt$salt$key`, both base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  return `scrypt$${salt.toString('base64')}$${(await derive(password, salt, 32)).toString('base64')}`
}

export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  // A user without a password costs the same time as one with a wrong password.
  const [, salt = '', key = ''] = (stored ?? `scrypt$${Buffer.alloc(16).toString('base64')}$`).split('$')
  const derived = await derive(password, Buffer.from(salt, 'base64'), 32)
  const expected = Buffer.from(key, 'base64')
  return expected.length === derived.length && timingSafeEqual(expected, derived)
}
