/** One page of a list; `next` is an opaque token, null on the last page. */
export interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | null
}

export interface PageRequest {
  readonly limit: number
  readonly token?: string
}
