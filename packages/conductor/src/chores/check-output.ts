import { createHash } from 'node:crypto'
import type { Chore, StepOutput } from '@rondo/model'

/** More is compared by its length alone: chores that others wait for come after this one. */
const hashedBytes = 64 * 1024 * 1024

/**
 * Compares what is kept of a step's output with what its agent says to have sent (rule D-08); answers the difference as a
 * sentence. Undefined: it is the same, or nobody said what it was.
 */
export async function outputDamage(
  output: Pick<StepOutput, 'size' | 'read'>,
  { subjectId, sent }: Pick<Chore, 'subjectId' | 'sent'>,
): Promise<string | undefined> {
  if (sent === undefined) return undefined
  const size = await output.size(subjectId)
  if (size !== sent.bytes) return `${size} bytes are kept, and its agent sent ${sent.bytes}`
  if (size === 0 || size > hashedBytes) return undefined
  const hash = createHash('sha256')
  for await (const bytes of output.read(subjectId, 0)) hash.update(bytes)
  if (hash.digest('hex') === sent.sha256) return undefined
  return `its ${size} bytes are not those that its agent sent`
}
