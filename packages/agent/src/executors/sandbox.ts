import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { identifyProcess, processLives } from '@rondo/adapters'
import type { Executor, ExecutorState } from './executor.ts'

const ioPath = '/run/rondo'

/**
 * Runs docker jobs on the host itself where there is no engine: own user, mount and process namespaces, a read-only system,
 * a private home and temporary folder, the host's network. `hidden` is kept out of its sight.
 */
export function createSandboxExecutor(hidden: string): Executor {
  return {
    kind: 'sandbox',
    ioPath,
    async prepare(spec, folder, say) {
      const image = spec.job.executor.type === 'docker' ? spec.job.executor.images[0]?.image : spec.job.executor.type
      say('NOTICE: there is no container engine on this machine.')
      say(`        The image ${image} is NOT used: steps run in a sandbox on the host, with the host's programs.`)
      const home = join(folder.root, 'home')
      mkdirSync(home, { recursive: true, mode: 0o700 })
      const child = spawn('bwrap', sandboxArguments(folder.io, home, hidden, spec.attemptId), {
        detached: true,
        stdio: 'ignore',
        cwd: '/',
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' },
      })
      child.unref()
      await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject))
      const identity = child.pid === undefined ? undefined : identifyProcess(child.pid)
      return identity === undefined ? {} : { ...identity, pid: String(identity.pid) }
    },
    adopt: async (state) => alive(state),
    health: async (state) => ({ alive: alive(state), outOfMemory: false }),
    async remove(state) {
      if (!alive(state)) return
      // The first process of the namespace takes all others with it.
      process.kill(-Number(state.pid), 'SIGKILL')
    },
    reachable: (url) => url,
  }
}

/** Whether this machine can make such a sandbox; tried, not guessed. */
export function sandboxWorks(): boolean {
  return (
    spawnSync('bwrap', ['--ro-bind', '/', '/', '--unshare-user', '--unshare-pid', '--proc', '/proc', 'true'], {
      stdio: 'ignore',
    }).status === 0
  )
}

function sandboxArguments(io: string, home: string, hidden: string, token: string): readonly string[] {
  return [
    '--unshare-user',
    '--unshare-pid',
    '--unshare-ipc',
    '--unshare-uts',
    '--hostname',
    'job',
    '--ro-bind',
    '/',
    '/',
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    '--tmpfs',
    '/tmp',
    '--tmpfs',
    '/run',
    '--tmpfs',
    '/home',
    '--tmpfs',
    '/root',
    '--ro-bind',
    '/dev/null',
    '/etc/shadow',
    '--tmpfs',
    hidden,
    '--bind',
    io,
    ioPath,
    '--bind',
    home,
    '/home/rondo',
    '--setenv',
    'HOME',
    '/home/rondo',
    '--new-session',
    '/bin/sh',
    `${ioPath}/supervisor.sh`,
    ioPath,
    token,
  ]
}

function alive(state: ExecutorState): boolean {
  return processLives({ pid: Number(state.pid), started: state.started ?? '', boot: state.boot ?? '' })
}
