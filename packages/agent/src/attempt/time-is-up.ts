import type { TaskSpec } from '@rondo/protocol'
import { duration } from '../steps/duration.ts'

/** Why a job ended whose time was over: how much that was, and which setting says so. */
export function timeIsUp({ limits }: Pick<TaskSpec, 'limits'>): string {
  return `The job ran for longer than ${duration(limits.maxRunMs)}, which is the most it may, and was stopped. An administrator can allow more with the setting time.run.`
}
