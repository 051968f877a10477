import { AppError, type AttemptContext, type BoxContent, isFinalJobStatus } from '@rondo/model'
import type { Box, WantedToken } from '@rondo/protocol'
import type { DispatcherPorts } from './dispatcher-ports.ts'
import { mintToken } from './identity-tokens.ts'
import { buildTaskSpec } from './task-spec.ts'

type Ports = Pick<DispatcherPorts, 'boxes' | 'clock' | 'taskSpec'>

/** Everything an attempt needs to run, for the key with which its agent asked. In the clear it does not leave here (rule D-19). */
export async function sealTask(ports: Ports, context: AttemptContext, key: string): Promise<Box> {
  const spec = await buildTaskSpec(ports.taskSpec, context)
  return seal(ports, context, 'task', { plaintext: JSON.stringify(spec), key })
}

/** One more token for a job that runs, sealed as its task was. */
export async function sealToken(
  ports: Ports,
  context: AttemptContext,
  { audience, rootIssuer }: WantedToken,
  key: string,
): Promise<Box> {
  const { signer, publicUrl, secrets } = ports.taskSpec
  if (signer === undefined) throw new AppError('unavailable', 'This installation signs no tokens.')
  // Canceled already, although its agent may not have stopped it yet.
  if (isFinalJobStatus(context.job.status)) throw new AppError('gone', 'This job has ended, and gets no more tokens.')
  const contexts = await Promise.all(
    context.job.contexts.map((name) => secrets.contextByName(context.organizationId, name)),
  )
  const request = {
    context,
    contextIds: contexts.flatMap((found) => found?.id ?? []),
    rootIssuer,
    now: ports.clock.now(),
    ...(audience === undefined ? {} : { audience }),
  }
  return seal(ports, context, 'token', { plaintext: await mintToken({ signer, publicUrl }, request), key })
}

function seal(
  { boxes }: Ports,
  { identity: { attemptId, epoch } }: AttemptContext,
  kind: BoxContent['kind'],
  { plaintext, key }: { readonly plaintext: string; readonly key: string },
): Box {
  return { box: boxes.seal(plaintext, key, { kind, attemptId, epoch }) }
}
