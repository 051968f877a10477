import type { StoredObject } from '../build-data.ts'

/**
 * Immutable blobs addressed by digest. Writing the same bytes twice is the same object. A write that fails or is cut
 * leaves nothing visible.
 */
export interface Objects {
  /**
   * Consumes the stream; never holds it whole. Each piece is lent until the next one is asked for: its memory may then hold
   * other bytes. Refuses (AppError `too-large`) past `maxBytes`.
   */
  write(
    bytes: AsyncIterable<Uint8Array>,
    options?: { readonly maxBytes?: number; readonly signal?: AbortSignal },
  ): Promise<StoredObject>
  /** AppError `not-found` when no such object exists. `start` and `end` are byte offsets, end exclusive. */
  read(digest: string, range?: { readonly start: number; readonly end?: number }): Promise<AsyncIterable<Uint8Array>>
  stat(digest: string): Promise<StoredObject | undefined>
  remove(digest: string): Promise<void>
  /** Digests in one folder (two hexadecimal digits) that were last written longer ago than this, in lists of a few hundred. */
  unused(folder: string, idleMs: number): AsyncIterable<readonly string[]>
  /** Removes an object unless it was written again within this time; a write at the same moment is not lost. */
  removeUnused(digest: string, idleMs: number): Promise<void>
}
