import { statfs } from 'node:fs/promises'

/** For a journal, the scripts of the steps and what they print until it is sent. */
const leastBytes = 32 * 1024 ** 2

/**
 * Throws where a task that has not started could keep nothing of itself: it is better off elsewhere, or later. A disk may fill
 * between two looks at it, so the agent took the task.
 */
export async function requireRoom(folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder)
  if (bavail * bsize < leastBytes)
    throw new Error(`there are less than ${leastBytes / 1024 ** 2} MB of room on the disk of ${folder}`)
}
