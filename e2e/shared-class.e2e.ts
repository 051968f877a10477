import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dockerAnswers, imagePresent, type Stack, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const image = 'cimg/base:2025.05-20.04'
const groups = '/sys/fs/cgroup'
const unified = existsSync(join(groups, 'cgroup.controllers'))
const driver = () => execFileSync('docker', ['info', '--format', '{{.CgroupDriver}}'], { encoding: 'utf8' }).trim()
const ready = process.getuid?.() === 0 && dockerAnswers() && imagePresent(image) && driver() === 'cgroupfs'

test.runIf(!ready)(
  'a shared resource class is left out: this takes root, and an engine with the driver cgroupfs',
  () => {
    expect(ready).toBe(false)
  },
)

describe.runIf(ready)('the containers of a job', () => {
  let stack: Stack

  beforeAll(async () => {
    stack = await startStack()
    await stack.createProject('acme', 'shared')
  })

  afterAll(() => stack?.stop())

  const docker = (...args: string[]) => execFileSync('docker', args, { encoding: 'utf8' }).trim()

  /** Folders above those of the containers, by what they limit. */
  function parentsOf(container: string): ReadonlyMap<string, string> {
    const pid = docker('inspect', '--format', '{{.State.Pid}}', container)
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n')
    return new Map(
      lines.map((line) => {
        const [, controllers = '', path = ''] = line.split(':')
        const hierarchy = unified ? '' : controllers.replace('name=', '') || 'unified'
        return [controllers, join(groups, hierarchy, path, '..')]
      }),
    )
  }

  const read = (folder: string | undefined, file: string) => readFileSync(join(folder ?? '', file), 'utf8').trim()

  test('are below one control group with the limits of the resource class, which goes with the job [I-055]', async () => {
    const service = `{image: '${image}', command: [sleep, '600']}`
    stack.push('acme/shared', {
      '.circleci/config.yml': `version: 2.1\njobs: {it: {docker: [{image: '${image}'}, ${service}, ${service}], resource_class: small, steps: [{run: 'sleep 600'}]}}\nworkflows: {main: {jobs: [it]}}\n`,
    })
    const pipeline = await stack.latestPipeline('acme/shared')
    const label = `label=rondo.agent=${stack.data}/agent`
    const containers = await stack.waitFor('three containers', async () => {
      const ids = docker('ps', '--quiet', '--filter', label).split('\n')
      return ids.length === 3 ? ids : undefined
    })

    const [first, ...others] = containers.map(parentsOf)
    for (const other of others) expect(other).toEqual(first)
    const limits = unified
      ? ['memory.max', 'pids.max', 'cpu.max'].map((file) => read(first?.get(''), file))
      : [
          read(first?.get('memory'), 'memory.limit_in_bytes'),
          read(first?.get('pids'), 'pids.max'),
          `${read(first?.get('cpu'), 'cpu.cfs_quota_us')} ${read(first?.get('cpu'), 'cpu.cfs_period_us')}`,
        ]
    expect(limits).toEqual([String(2 * 1024 ** 3), '4096', '100000 100000'])

    const workflow = (await stack.workflows(pipeline.id))[0]!
    await stack.api('POST', `/api/v2/workflow/${workflow.id}/cancel`)
    await stack.waitFor('the groups to be gone', async () =>
      [...(first?.values() ?? [])].some((folder) => existsSync(folder)) ? undefined : true,
    )
  })
})
