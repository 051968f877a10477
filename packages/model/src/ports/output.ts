/** When the bytes of a stream from an offset on were printed, in milliseconds since 1970 by the clock of the agent's machine. */
export interface OutputTime {
  readonly offset: number
  readonly at: number
}

/**
 * The durable output of steps: append-only byte streams, one a step. Appends name their offset, so a repeat changes
 * nothing and a gap is refused.
 */
export interface StepOutput {
  /**
   * Makes bytes durable at `offset` and answers how many bytes of the stream are durable now. Bytes already there are
   * skipped. An offset past the end writes nothing: the answer tells where to go on. `at` says when they were printed,
   * in milliseconds since 1970.
   */
  append(stepId: string, offset: number, bytes: Uint8Array, at?: number): Promise<number>
  /** Durable bytes of the stream; 0 when nothing was written. */
  size(stepId: string): Promise<number>
  /** Bytes from `start` to `end` (exclusive), as they are now. */
  read(stepId: string, start: number, end?: number): AsyncIterable<Uint8Array>
  /**
   * When what stands from an offset on was printed, up to the next offset; in no order, for a byte may have been sent more than
   * once: the first that is told of a place counts. Without the first `known` of them.
   */
  times(stepId: string, known?: number): Promise<readonly OutputTime[]>
  /** Called once no more will come; folds the stream into its final, compressed form. Repeats change nothing. */
  close(stepId: string): Promise<void>
  /** Removes a closed stream with all its bytes; one that is not there is no error. */
  remove(stepId: string): Promise<void>
  /** Calls back after every append and at close, until disposed. */
  watch(stepId: string, listener: (size: number, closed: boolean) => void): Disposable
}
