import type { AttemptRef, ControlPlane, WantedToken } from './control-plane.ts'

/** Form of the boxes; an agent says in its `hello` that it opens them. */
export const boxForm = 1

/**
 * The contract as the server keeps it: what holds secrets leaves the place where they are opened in a box, for the key that came
 * with the question, and nothing on the way has them. The agent's client makes a pair for each question and opens the box, so
 * that the agent's own code sees a `ControlPlane`.
 *
 * `key`: public half of an X25519 pair, 32 bytes in base64url.
 */
export interface SealedControlPlane extends Omit<ControlPlane, 'grant' | 'resume' | 'mintToken'> {
  /** The box holds the `TaskSpec` as JSON: all of it, as any of its parts may be made with a secret. */
  grant(ref: AttemptRef, key: string): Promise<Box>
  resume(ref: AttemptRef, key: string): Promise<Box>
  /** The box holds the token. */
  mintToken(ref: AttemptRef, wanted: WantedToken, key: string): Promise<Box>
}

export interface Box {
  /** See `BoxSealer` of the model; bound to the attempt and its epoch. */
  readonly box: string
}
