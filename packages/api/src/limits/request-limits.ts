import { AppError } from '@rondo/model'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { type Allowance, type BucketOptions, createTokenBuckets } from './token-buckets.ts'

/** Of one user or project; where nobody is known, of one address (ledger L-099). */
export const defaultRequestRate: BucketOptions = { perSecond: 150, burst: 300 }
/** Of wrong credentials from one address: guessing must not pay. */
const failureRate: BucketOptions = { perSecond: 1, burst: 60 }
/** Of wrong passwords of one login from one address. */
const passwordRate: BucketOptions = { perSecond: 0.2, burst: 20 }

/** How much anybody may ask. Counts live in memory: each process limits what reaches it. */
export interface RequestLimits {
  /** Counts a request for somebody. AppError `rate-limited` when it is one too many. */
  count(request: FastifyRequest, who: string): void
  /**
   * Counts a wrong token. AppError `rate-limited` when its address gave too many. Right ones from there are still taken: many
   * people may sit behind one address, and a token cannot be guessed.
   */
  failed(request: FastifyRequest): void
  /** Counts a wrong password. */
  failedPassword(request: FastifyRequest, login: string): void
  /** AppError `rate-limited` when the address gave too many wrong passwords of this login, whatever it gives next. */
  checkPasswords(request: FastifyRequest, login: string): void
}

/** Also tells everybody in the headers of their answers how much is left (reference/api, 2.2). */
export function limitRequests(
  server: FastifyInstance,
  rate: BucketOptions = defaultRequestRate,
  now: () => number = () => performance.now(),
): RequestLimits {
  const users = createTokenBuckets(rate, now)
  const failures = createTokenBuckets(failureRate, now)
  const passwords = createTokenBuckets(passwordRate, now)
  const allowances = new WeakMap<FastifyRequest, Allowance>()

  server.addHook('onSend', async (request, reply) => {
    const allowance = allowances.get(request)
    if (allowance !== undefined) reply.headers(headersOf(allowance, rate))
  })

  function demand(request: FastifyRequest, allowance: Allowance): void {
    allowances.set(request, allowance)
    if (allowance.allowed) return
    throw new AppError('rate-limited', `Too many requests. Try again in ${allowance.retryAfter} s.`)
  }

  return {
    count: (request, who) => demand(request, users.take(who)),
    failed: (request) => demand(request, failures.take(request.ip)),
    failedPassword: (request, login) => void passwords.take(`${request.ip} ${login}`),
    checkPasswords(request, login) {
      const allowance = passwords.take(`${request.ip} ${login}`, 'peek')
      if (!allowance.allowed) demand(request, allowance)
    },
  }
}

function headersOf(allowance: Allowance, rate: BucketOptions): Readonly<Record<string, string>> {
  const remaining = String(allowance.remaining)
  return {
    'ratelimit-limit': String(rate.burst),
    'ratelimit-remaining': remaining,
    'ratelimit-reset': String(allowance.reset),
    'x-ratelimit-limit-second': String(rate.perSecond),
    'x-ratelimit-remaining-second': remaining,
    'x-ratelimit-reset': String(allowance.reset),
    ...(allowance.allowed ? {} : { 'retry-after': String(allowance.retryAfter) }),
  }
}
