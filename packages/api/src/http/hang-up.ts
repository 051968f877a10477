import type { FastifyReply } from 'fastify'

/** Aborted when the connection of a request ends before its answer is through: nobody waits for it any more. */
export function hangUpOf(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  if (reply.raw.destroyed && !reply.raw.writableFinished) gone.abort()
  reply.raw.once('close', () => reply.raw.writableFinished || gone.abort())
  return gone.signal
}
