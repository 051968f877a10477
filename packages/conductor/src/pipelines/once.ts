import { AppError, type EngineTransaction, type KeptAnswer, type RequestKey } from '@rondo/model'

/**
 * Does what a request asks for once, however often its client sends it: the key and what was made are one transaction, so a
 * repeat finds both or neither. Answers the id of what the first one made. A request that is refused makes nothing and may be sent
 * again with its key.
 */
export async function once(
  tx: EngineTransaction,
  key: RequestKey | undefined,
  make: () => Promise<string>,
): Promise<string> {
  if (key === undefined) return make()
  const before = madeBy(key, await tx.takeKey(key))
  if (before !== undefined) return before
  const made = await make()
  await tx.bindKey(key, made)
  return made
}

/** What the key made before. AppError `conflict` when that was asked for by another request. */
export function madeBy({ key, fingerprint }: RequestKey, kept: KeptAnswer | undefined): string | undefined {
  if (kept === undefined) return undefined
  if (kept.fingerprint !== fingerprint)
    throw new AppError(
      'conflict',
      `The Idempotency-Key ${key} belongs to another request of yours. Send a new key with a new request, and the same key only with the same request.`,
    )
  return kept.madeId ?? undefined
}
