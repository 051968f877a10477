import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Stack, startStack } from '@rondo/testkit'
import type { Figure } from './figure.ts'

const megabytes = 2_048

/** The most memory server and agent ever have while a cache that cannot be compressed is saved and restored. */
export async function cacheMemory(): Promise<readonly Figure[]> {
  const stack = await startStack({ executor: 'sandbox' })
  try {
    await stack.createProject('bench', 'app')
    await runJob(stack, "{run: 'true'}")
    const before = peaks(stack)
    await runJob(
      stack,
      `{run: 'mkdir c && head -c ${megabytes}M /dev/urandom > c/big && sha256sum c/big > sum'}, {save_cache: {key: big, paths: [c]}}, {run: 'rm -r c'}, {restore_cache: {keys: [big]}}, {run: 'sha256sum -c sum'}`,
    )
    const after = peaks(stack)
    return (['server', 'agent'] as const).map((part) => ({
      name: `peak memory, ${part}, ${megabytes / 1024} GB cache saved and restored`,
      ours: `${after[part].toFixed(0)} MB`,
      floor: `${before[part].toFixed(0)} MB (after an empty job)`,
      aim: 'constant',
    }))
  } finally {
    await stack.stop()
  }
}

async function runJob(stack: Stack, steps: string): Promise<void> {
  stack.push('bench/app', {
    '.circleci/config.yml': `version: 2.1\njobs: {it: {docker: [{image: 'cimg/base:current'}], steps: [${steps}]}}\nworkflows: {main: {jobs: [it]}}\n`,
  })
  const { id } = await stack.latestPipeline('bench/app')
  await stack.waitForWorkflow(id, 'main', ['success'], 1_800_000)
}

/** Largest resident sizes so far, in MB. */
function peaks(stack: Stack): { readonly server: number; readonly agent: number } {
  const peak = (file: string) => {
    const pid = readFileSync(join(stack.data, file), 'utf8').split(/\s/)[0]
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  }
  return { server: peak('server.pid'), agent: peak('agent/agent.pid') }
}
