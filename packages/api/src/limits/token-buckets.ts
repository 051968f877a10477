export interface BucketOptions {
  /** What flows back into a bucket in a second. */
  readonly perSecond: number
  /** What a full bucket holds. */
  readonly burst: number
}

/** What is left after taking, and when there will be more. */
export interface Allowance {
  readonly allowed: boolean
  readonly remaining: number
  /** Seconds until one more may be taken; 0 when one may be taken now. */
  readonly retryAfter: number
  /** Seconds until the bucket is full. */
  readonly reset: number
}

export interface TokenBuckets {
  /** Takes one; with `peek` only looks. */
  take(key: string, peek?: 'peek'): Allowance
}

/** Buckets in memory beyond which the full ones, which say nothing, are thrown away. */
const sweepAt = 10_000

/** A token bucket a key: a steady rate, with room for a burst. `now` is in milliseconds and never steps back. */
export function createTokenBuckets({ perSecond, burst }: BucketOptions, now: () => number): TokenBuckets {
  const buckets = new Map<string, { level: number; at: number }>()

  function levelOf(bucket: { level: number; at: number }, at: number): number {
    return Math.min(burst, bucket.level + ((at - bucket.at) / 1000) * perSecond)
  }

  function sweep(at: number): void {
    if (buckets.size < sweepAt) return
    for (const [key, bucket] of buckets) if (levelOf(bucket, at) >= burst) buckets.delete(key)
  }

  return {
    take(key, peek) {
      const at = now()
      const bucket = buckets.get(key)
      const level = bucket === undefined ? burst : levelOf(bucket, at)
      const allowed = level >= 1
      const left = allowed && peek === undefined ? level - 1 : level
      if (peek === undefined) {
        sweep(at)
        buckets.set(key, { level: left, at })
      }
      return {
        allowed,
        remaining: Math.floor(left),
        retryAfter: left >= 1 ? 0 : Math.ceil((1 - left) / perSecond),
        reset: Math.ceil((burst - left) / perSecond),
      }
    },
  }
}
