import type { TaskContext } from './task-context.ts'

type Place = Pick<TaskContext, 'executor' | 'state'>

/** How often the kernel has held a job to what it may have. */
export interface LimitsHit {
  /** Processes it killed for memory. */
  readonly memory: number
  /** Processes it refused to start. */
  readonly processes: number
}

export function limitsHit({ executor, state }: Place): LimitsHit {
  return { memory: executor.memoryKills(state), processes: executor.refusedForks(state) }
}

/** What used too much memory, in words that follow "because". */
export function tooMuchMemory({ executor, state }: Place): string {
  return executor.sharesClass?.(state)
    ? 'the containers of the job together used more memory than its resource class allows'
    : 'the job used more memory than its resource class allows'
}

/** In words that follow "because". */
export const tooManyProcesses = 'the job had as many processes as it may, and the kernel refused it more'
