import { readFile } from 'node:fs/promises'
import { AppError, type Clock, type PublicJwk, type PublishedKeys } from '@rondo/model'
import { ifThere, replaceSecretFile } from '../durable-files.ts'

/** Another process may have published a key. */
const readAgainMs = 60_000

/**
 * What `createFileTokenSigner` published, for processes that sign nothing. AppError `unavailable` when nothing was published yet.
 */
export function createFilePublishedKeys(path: string, clock: Pick<Clock, 'monotonicMs'>): PublishedKeys {
  let known: { readonly keys: readonly PublicJwk[]; readonly at: number } | undefined
  return {
    async publicKeys() {
      if (known === undefined || clock.monotonicMs() - known.at >= readAgainMs)
        known = { keys: await readPublished(path), at: clock.monotonicMs() }
      return known.keys
    },
  }
}

/** No secret is in it; that nobody else writes it is what counts. */
export async function writePublished(path: string, keys: readonly PublicJwk[]): Promise<void> {
  const content = `${JSON.stringify({ keys }, null, 2)}\n`
  if ((await ifThere(readFile(path, 'utf8'))) !== content) await replaceSecretFile(path, content)
}

async function readPublished(path: string): Promise<readonly PublicJwk[]> {
  const text = await ifThere(readFile(path, 'utf8'))
  if (text === undefined)
    throw new AppError(
      'unavailable',
      'No keys are published yet: a server process with the role agents has to start once, which makes them.',
    )
  return (JSON.parse(text) as { readonly keys: readonly PublicJwk[] }).keys
}
