import type { TaskFolder } from './task-folder.ts'

/** Exit status of a script the supervisor started; undefined while it runs. */
export function statusOf(folder: TaskFolder, id: string): number | undefined {
  const text = folder.readSmall(`${id}.status`)
  return text === undefined || !/^\d+\n$/.test(text) ? undefined : Number(text)
}
