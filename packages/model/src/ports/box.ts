/** What is in a box, and in whose hands the attempt was that it is about: bound to the box, which opens as nothing else. */
export interface BoxContent {
  readonly kind: 'task' | 'token'
  readonly attemptId: string
  readonly epoch: number
}

/** Seals what an agent is answered, for the key that came with its question (rule D-19). */
export interface BoxSealer {
  /**
   * `key`: public half of an X25519 pair, 32 bytes in base64url. Answers the box in base64. AppError `bad-request` when that is no
   * such key.
   */
  seal(plaintext: string, key: string, content: BoxContent): string
}

/** A key pair for one question. Its private half is in memory alone, and goes with the answer. */
export interface BoxKey {
  /** As `BoxSealer.seal` takes it. */
  readonly publicHalf: string
  /** Throws when the box was changed, was sealed for another key, or holds another thing. */
  open(box: string, content: BoxContent): string
}
