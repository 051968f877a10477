import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { foldersFor, readUsage } from './control-groups.ts'
import { eventsFileFor, readMemoryKills, readRefusedForks } from './docker/event-files.ts'
import { outOfMemoryKills, refusedForks } from './job-groups.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'groups-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function group(name: string, files: Readonly<Record<string, string>>): string {
  const path = join(folder, name)
  mkdirSync(path, { recursive: true })
  for (const [file, content] of Object.entries(files)) writeFileSync(join(path, file), content)
  return path
}

const separate = '12:pids:/docker/abc\n5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n1:name=systemd:/docker/abc\n'
const unified = '0::/system.slice/docker-abc.scope\n'
const hybrid = '5:memory:/docker/abc\n4:cpu,cpuacct:/docker/abc\n0::/docker/abc\n'
const odd = '0::/a folder:with colons\n'

test.each([
  ['version 1', separate, '/sys/fs/cgroup/cpuacct/docker/abc /sys/fs/cgroup/memory/docker/abc'],
  ['version 2', unified, '/sys/fs/cgroup/system.slice/docker-abc.scope /sys/fs/cgroup/system.slice/docker-abc.scope'],
  ['both beside each other', hybrid, '/sys/fs/cgroup/cpuacct/docker/abc /sys/fs/cgroup/memory/docker/abc'],
  ['none', '1:name=systemd:/x\n', ''],
])('of %s the folders are found in which the kernel counts', (_version, text, expected) => {
  expect(foldersFor(text)).toBe(expected)
})

test.each([
  ['version 1', separate, '/sys/fs/cgroup/memory/docker/abc/memory.oom_control'],
  ['version 2', unified, '/sys/fs/cgroup/system.slice/docker-abc.scope/memory.events'],
  ['both beside each other', hybrid, '/sys/fs/cgroup/memory/docker/abc/memory.oom_control'],
  ['a name with colons', odd, '/sys/fs/cgroup/a folder:with colons/memory.events'],
  ['none', '1:name=systemd:/x\n', ''],
])('of %s the file is found in which the kernel counts what it killed for memory', (_version, text, expected) => {
  expect(eventsFileFor(text, 'memory')).toBe(expected)
})

test.each([
  ['version 1', separate, '/sys/fs/cgroup/pids/docker/abc/pids.events'],
  ['version 2', unified, '/sys/fs/cgroup/system.slice/docker-abc.scope/pids.events'],
  ['both beside each other, and none of processes', hybrid, ''],
])('of %s the file is found in which the kernel counts the processes it refused', (_version, text, expected) => {
  expect(eventsFileFor(text, 'pids')).toBe(expected)
})

test('usage is read from either version, without caches of files', () => {
  const second = group('two', {
    'cpu.stat': 'usage_usec 2500000\nuser_usec 1\nsystem_usec 2\n',
    'memory.current': '1000000\n',
    'memory.stat': 'anon 10\nfile 900000\nactive_file 100000\ninactive_file 400000\n',
  })
  const cpu = group('one/cpu', { 'cpuacct.usage': '1500000000\n' })
  const memory = group('one/memory', {
    'memory.usage_in_bytes': '2000000\n',
    'memory.stat': 'inactive_file 7\ntotal_inactive_file 500000\n',
  })

  expect(readUsage([`${second} ${second}`])).toEqual({ cpuMs: 2_500, memoryBytes: 600_000 })
  expect(readUsage([`${cpu} ${memory}`])?.cpuMs).toBe(1_500)
  expect(readUsage([`${second} ${second}`, '/nowhere /nowhere', `${cpu} ${memory}`])?.cpuMs).toBe(4_000)
  expect(readUsage(['/nowhere /nowhere'])).toBeUndefined()
})

test('what the kernel killed for memory is read from either version', () => {
  const second = group('two', { 'memory.events': 'low 0\nhigh 12\nmax 30\noom 2\noom_kill 3\n' })
  const first = group('one', { 'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 4\n' })
  const older = group('older', { 'memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\n' })

  expect([second, first, older].map((path) => outOfMemoryKills([path]))).toEqual([3, 4, 0])
  expect(readMemoryKills(join(second, 'memory.events'))).toBe(3)
  expect(readMemoryKills(join(first, 'memory.oom_control'))).toBe(4)
  expect(readMemoryKills('')).toBe(0)
})

test('how often the kernel refused a process is read from either version', () => {
  const limited = group('limited', { 'pids.events': 'max 12\n' })
  const memory = group('memory', { 'memory.oom_control': 'oom_kill 4\n' })

  expect(refusedForks([memory, limited])).toBe(12)
  expect(refusedForks([memory])).toBe(0)
  expect(readRefusedForks(join(limited, 'pids.events'))).toBe(12)
  expect(readRefusedForks('')).toBe(0)
})
