import type { StoredObject } from '../build-data.ts'

/**
 * Immutable blobs addressed by digest. Writing the same bytes twice is the same object. A write that fails or is cut
 * leaves nothing visible.
 */
export interface Objects {
  /** Consumes the stream; never holds it whole. Refuses (AppError `too-large`) past `maxBytes`. */
  write(
    bytes: AsyncIterable<Uint8Array>,
    options?: { readonly maxBytes?: number; readonly signal?: AbortSignal },
  ): Promise<StoredObject>
  /** AppError `not-found` when no such object exists. `start` and `end` are byte offsets, end exclusive. */
  read(digest: string, range?: { readonly start: number; readonly end?: number }): Promise<AsyncIterable<Uint8Array>>
  stat(digest: string): Promise<StoredObject | undefined>
  remove(digest: string): Promise<void>
}
