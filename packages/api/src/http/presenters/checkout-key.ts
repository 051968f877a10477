import type { CheckoutKey } from '@rondo/model'
import { type Static, Type } from 'typebox'
import { Time, Words } from '../shapes.ts'

export const digests = ['md5', 'sha256'] as const
export type Digest = (typeof digests)[number]

/** A checkout key: only ever its public half. */
export const CheckoutKeyShape = Type.Object({
  'public-key': Type.String(),
  // The reference writes it as above, live answers so; clients read one or the other.
  public_key: Type.String(),
  type: Words(['deploy-key', 'github-user-key']),
  fingerprint: Type.String(),
  preferred: Type.Boolean(),
  'created-at': Time,
  created_at: Time,
})

export function presentCheckoutKey(
  { key, preferred }: { readonly key: CheckoutKey; readonly preferred: boolean },
  digest: Digest,
): Static<typeof CheckoutKeyShape> {
  return {
    'public-key': key.publicKey,
    public_key: key.publicKey,
    type: key.type,
    fingerprint: key[digest],
    preferred,
    'created-at': key.createdAt,
    created_at: key.createdAt,
  }
}
