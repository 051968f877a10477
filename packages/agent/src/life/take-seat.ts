import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '@rondo/model'
import type { AgentHello, AgentWelcome, ControlPlane } from '@rondo/protocol'
import { untilReachable } from '../control-plane/retry.ts'

const askAgainMs = 5_000

interface Asking {
  readonly controlPlane: Pick<ControlPlane, 'hello'>
  readonly hello: AgentHello
  readonly log: (message: string, fields?: Record<string, unknown>) => void
  /** Told when another process turns out to be this agent. */
  readonly lost?: () => void
}

/**
 * Says hello until this process is the agent. While another one is, it waits and says so once: whoever started both reads it, and
 * should the other end, this one takes over.
 */
export async function takeSeat({ controlPlane, hello, log, lost }: Asking, signal: AbortSignal): Promise<AgentWelcome> {
  let away = ''
  /** Once for each reason: an address, or a certificate, may be wrong. */
  const tellAway = (error: unknown): never => {
    if (error instanceof AppError && error.code === 'unavailable' && error.message !== away && !signal.aborted) {
      away = error.message
      log('waits for the server', { reason: away })
    }
    throw error
  }
  for (let told = ''; ; ) {
    try {
      return await untilReachable(() => controlPlane.hello(hello).catch(tellAway), signal)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'conflict') throw error
      if (told === '') lost?.()
      if (told !== error.message) log('waits, because another process is this agent', { reason: error.message })
      told = error.message
      await sleep(askAgainMs, undefined, { signal })
    }
  }
}

/** That the token does not count, or no longer. */
export function isRefusal(error: unknown): error is AppError {
  return error instanceof AppError && error.code === 'unauthenticated'
}
