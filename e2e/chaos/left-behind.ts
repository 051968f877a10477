import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Stack } from '@rondo/testkit'
import { look } from './look.ts'

/** What is left of jobs that have all ended, each as a sentence: folders, control groups and containers of an agent that works in this folder. */
export async function leftBehind(stack: Stack, agentFolder = join(stack.data, 'agent')): Promise<readonly string[]> {
  const folders = () => readdirSync(join(agentFolder, 'tasks'))
  await stack
    .waitFor('task folders to go', async () => (folders().length === 0 ? true : undefined), 30_000)
    .catch(() => {})
  const attempts = new Set((await look<{ id: string }>(stack, 'select id from attempts')).map(({ id }) => id))
  const containers = spawnSync('docker', ['ps', '-aq', '--filter', `label=rondo.agent=${agentFolder}`], {
    encoding: 'utf8',
  })
  const found = {
    'task folders': folders().length,
    'control groups': controlGroups().filter((name) => attempts.has(name)).length,
    containers: containers.stdout?.split('\n').filter(Boolean).length ?? 0,
  }
  return Object.entries(found).flatMap(([what, count]) => (count > 0 ? [`${count} ${what} are left`] : []))
}

/** Names of those that agents made, in either version. */
function controlGroups(): readonly string[] {
  const mount = '/sys/fs/cgroup'
  return ['.', ...names(mount)].flatMap((hierarchy) => names(join(mount, hierarchy, 'rondo')))
}

function names(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}
