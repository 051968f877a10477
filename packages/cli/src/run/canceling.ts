import { isFinalWorkflowStatus } from '@rondo/model'
import type { Connection } from './connection.ts'
import type { WaitingJob } from './waits.ts'

export interface Canceling {
  readonly signal: AbortSignal
  /** Whether somebody canceled it. */
  readonly asked: boolean
  /** Cancels a run of which only jobs are left that nobody here runs, and says so. Once is enough. */
  giveUp(waits: readonly WaitingJob[]): void
  stop(): void
}

/** The first Ctrl-C cancels the workflows and waits for their end, the second does not wait. */
export function createCanceling(connection: Connection, id: string, say: (text: string) => void): Canceling {
  const aborting = new AbortController()
  let asked = false
  let givenUp = false
  const cancel = () =>
    void connection
      .pipeline(id)
      .then((pipeline) =>
        Promise.all(
          pipeline.workflows
            .filter((workflow) => !isFinalWorkflowStatus(workflow.status))
            .map((workflow) => connection.call('POST', `/api/v2/workflow/${workflow.id}/cancel`)),
        ),
      )
      .catch((error: unknown) => aborting.abort(error))
  const interrupt = () => {
    if (asked) return aborting.abort(new Error('Canceled without waiting for the jobs to end.'))
    asked = true
    cancel()
  }
  process.on('SIGINT', interrupt).on('SIGTERM', interrupt)
  return {
    signal: aborting.signal,
    get asked() {
      return asked
    },
    giveUp(waits) {
      if (givenUp || asked) return
      givenUp = true
      say(givenUpWords(waits))
      cancel()
    },
    stop: () => process.off('SIGINT', interrupt).off('SIGTERM', interrupt),
  }
}

function givenUpWords(waits: readonly WaitingJob[]): string {
  const names = [...new Set(waits.filter(({ stuck }) => stuck).map(({ job }) => job.name))].join(', ')
  return `Nothing on this machine can run ${names}, and nothing else is left: canceled. Run it on a server that has an agent for it (rondo run --remote URL), or name what can run here: rondo run JOB.`
}
