import type { TimingKey } from '@rondo/model'
import { untilReachable } from '../control-plane/retry.ts'
import type { TaskContext } from '../task/task-context.ts'

const kinds: readonly TimingKey[] = ['filename', 'classname', 'testname']
/** Where `circleci tests split` writes what it wants to know, one kind a line. */
const asks = 'asks.out'

/**
 * Answers the job's `circleci tests split`, which asks how long its tests took before: writes `timings.KIND`, then
 * `timings.KIND.ready`. Until the answer is called. A job of one slice may ask, too: `--index` and `--total` are its to choose.
 */
export function answerTimings(task: TaskContext): () => void {
  const begun = new Set<TimingKey>()
  return task.notices.onOutput(asks, () => {
    const wanted = new Set(task.folder.readSmall(asks)?.split('\n'))
    for (const kind of kinds) {
      if (!wanted.has(kind) || begun.has(kind)) continue
      begun.add(kind)
      answer(task, kind).catch(() => begun.delete(kind))
    }
  })
}

async function answer(task: TaskContext, kind: TimingKey): Promise<void> {
  const timings = await untilReachable(() => task.controlPlane.findTimings(task.spec, kind), task.signal)
  const lines = timings
    .filter(({ name }) => !/[\n\t]/.test(name))
    .map(({ name, seconds }) => `${seconds.toFixed(3)}\t${name}\n`)
  await task.folder.create(`timings.${kind}`, lines.join(''))
  await task.folder.create(`timings.${kind}.ready`, '')
}
