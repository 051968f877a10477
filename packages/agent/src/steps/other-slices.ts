import { setTimeout as sleep } from 'node:timers/promises'
import { untilReachable } from '../control-plane/retry.ts'
import type { TaskContext } from '../task/task-context.ts'

const askEveryMs = 1_000

/** Waits for the end of the job's other slices, saying so; answers whether all of them passed. At once when there is none. */
export async function othersPassed(task: TaskContext, out: string): Promise<boolean> {
  if (task.spec.parallelism < 2) return true
  for (let told = false; ; await sleep(askEveryMs, undefined, { signal: task.signal })) {
    const { others } = await untilReachable(() => task.controlPlane.otherSlices(task.spec), task.signal)
    if (others === 'passed') return true
    if (others === 'failed') {
      task.folder.append(
        out,
        'This step runs when all other slices of the job have passed. One did not, so it does not run.\n',
      )
      return false
    }
    if (!told) task.folder.append(out, 'Waiting for the other slices of the job to pass.\n')
    told = true
  }
}
