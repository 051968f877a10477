import type { OutputTimeEntry } from './timeline.ts'

/**
 * The live channel: one WebSocket at `/live` a page, signed in by the session cookie or a token.
 *
 * Text frames are JSON in both directions. Output travels in binary frames: 4 bytes channel (unsigned, big endian),
 * 8 bytes offset (unsigned, big endian), then the bytes of the step's stream from that offset on.
 *
 * A client that reconnects subscribes again: output from the offset it has, events by reading the page's data anew after
 * `subscribed` has come, so that no change falls in between.
 */
export type ClientMessage =
  /** Changes to pipelines, workflows and jobs of one scope. `channel` is chosen by the client. */
  | { readonly type: 'subscribe'; readonly channel: number; readonly topic: LiveTopic }
  /** Bytes of a step from `offset` on, as they become durable; and the number of the line in which the byte `lineOf` stands. */
  | {
      readonly type: 'output'
      readonly channel: number
      readonly stepId: string
      readonly offset: number
      readonly lineOf?: number
      /** Whether times are to be told, too. */
      readonly times?: boolean
    }
  | { readonly type: 'unsubscribe'; readonly channel: number }

export type LiveTopic =
  | { readonly kind: 'all' }
  | { readonly kind: 'project'; readonly id: string }
  | { readonly kind: 'pipeline'; readonly id: string }
  | { readonly kind: 'workflow'; readonly id: string }
  | { readonly kind: 'job'; readonly id: string }

export type ServerMessage =
  | { readonly type: 'subscribed'; readonly channel: number }
  /** Something in the scope changed; the ids say what to read again. */
  | { readonly type: 'event'; readonly channel: number; readonly event: LiveEvent }
  /** Lines are counted from 1; comes whenever they are counted, before or after bytes. */
  | { readonly type: 'output-line'; readonly channel: number; readonly line: number }
  /** When what comes was printed; before the bytes it is of. */
  | { readonly type: 'output-times'; readonly channel: number; readonly times: readonly OutputTimeEntry[] }
  /** The step has ended and all its output was sent. */
  | { readonly type: 'output-end'; readonly channel: number; readonly size: number }
  | { readonly type: 'error'; readonly channel: number | null; readonly message: string }

export interface LiveEvent {
  readonly kind: string
  readonly at: string
  readonly projectId: string | null
  readonly pipelineId: string | null
  readonly workflowId: string | null
  readonly jobId: string | null
  readonly data: Readonly<Record<string, unknown>>
}
