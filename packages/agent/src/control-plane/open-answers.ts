import { newBoxKey } from '@rondo/adapters'
import type { BoxContent } from '@rondo/model'
import {
  type AttemptRef,
  type Box,
  boxForm,
  type ControlPlane,
  type SealedControlPlane,
  type TaskSpec,
} from '@rondo/protocol'

/**
 * The contract as the agent's code uses it: each question whose answer holds secrets gets a key pair of its own, whose private half
 * goes with the answer. Nothing unsealed is taken instead of a box: who stands in between must not be able to choose that.
 */
export function openAnswers(sealed: SealedControlPlane): ControlPlane {
  async function ask(
    kind: BoxContent['kind'],
    { attemptId, epoch }: AttemptRef,
    question: (key: string) => Promise<Box>,
  ): Promise<string> {
    const key = newBoxKey()
    const { box } = await question(key.publicHalf)
    if (typeof box !== 'string')
      throw new Error(
        'The server answered secrets unsealed: it is of an earlier version. Install the agent’s version there.',
      )
    try {
      return key.open(box, { kind, attemptId, epoch })
    } catch (cause) {
      throw new Error(
        `What the server sealed for attempt ${attemptId} does not open: it was changed on its way. Look at what stands between this agent and the server.`,
        { cause },
      )
    }
  }

  return {
    ...sealed,
    hello: (agent) => sealed.hello({ ...agent, boxes: boxForm }),
    grant: async (ref) => JSON.parse(await ask('task', ref, (key) => sealed.grant(ref, key))) as TaskSpec,
    resume: async (ref) => JSON.parse(await ask('task', ref, (key) => sealed.resume(ref, key))) as TaskSpec,
    mintToken: async (ref, wanted) => ({
      token: await ask('token', ref, (key) => sealed.mintToken(ref, wanted, key)),
    }),
  }
}
