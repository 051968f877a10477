/** What a client marks a request with, to send it again without doing again what it asks for (rule R-25). */
export interface RequestKey {
  /** Whose key it is: two people may choose the same. */
  readonly scope: string
  readonly key: string
  /** Of the whole request: a key stands for one request. */
  readonly fingerprint: string
}
