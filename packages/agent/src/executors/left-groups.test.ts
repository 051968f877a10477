import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { existingControlGroups, makeControlGroups, removeControlGroups } from './job-groups.ts'
import { removeLeftGroups } from './left-groups.ts'

const limits = { cpus: 1, memoryMb: 64, processes: 8 }
const made: string[] = []
const running: ChildProcess[] = []

function make(): { readonly name: string; readonly groups: readonly string[] | undefined } {
  const name = `left-${randomUUID()}`
  made.push(name)
  return { name, groups: makeControlGroups(name, limits) }
}

const may = make().groups !== undefined

afterAll(async () => {
  for (const child of running) child.kill('SIGKILL')
  await removeControlGroups(made.flatMap(existingControlGroups))
})

test.runIf(!may)('control groups are left out: this user may make none', () => expect(may).toBe(false))

test.runIf(may)(
  'groups that nobody uses any more go after an hour, with what an engine made in them; all others stay',
  async () => {
    const [left, used, kept, fresh] = [make(), make(), make(), make()]
    for (const group of left.groups!) mkdirSync(join(group, 'container'))
    const child = spawn('sleep', ['60'])
    running.push(child)
    for (const group of used.groups!) writeFileSync(join(group, 'cgroup.procs'), String(child.pid))
    const twoHoursAgo = Date.now() / 1_000 - 2 * 60 * 60
    for (const { name } of [left, used, kept])
      for (const group of existingControlGroups(name)) utimesSync(group, twoHoursAgo, twoHoursAgo)
    const isThere = ({ name }: { readonly name: string }) => existingControlGroups(name).length > 0

    expect(removeLeftGroups(new Set([kept.name]))).toBeGreaterThan(0)

    expect([left, used, kept, fresh].map(isThere)).toEqual([false, true, true, true])
  },
)
