import { createHmac, timingSafeEqual } from 'node:crypto'

/** Passwords with which a job reads its own repository: derived, so nothing is stored, and void once the attempt has ended. */
export interface AttemptCredentials {
  issue(attemptId: string): string
  /** The attempt a password was issued for; undefined when it was not issued by us. */
  verify(password: string): string | undefined
}

export function createAttemptCredentials(secret: Uint8Array): AttemptCredentials {
  function sign(attemptId: string): string {
    return createHmac('sha256', secret).update(`attempt:${attemptId}`).digest('base64url')
  }

  return {
    issue: (attemptId) => `rat_${attemptId}.${sign(attemptId)}`,
    verify(password) {
      const match = /^rat_([0-9a-f-]{36})\.([\w-]{43})$/.exec(password)
      if (match === null) return undefined
      const [, attemptId = '', signature = ''] = match
      return timingSafeEqual(Buffer.from(sign(attemptId)), Buffer.from(signature)) ? attemptId : undefined
    },
  }
}
