import { cpus, totalmem } from 'node:os'
import { basename } from 'node:path'
import { type ProcessIdentity, processLives } from '@rondo/adapters'
import type { TaskSpec } from '@rondo/protocol'
import { exports } from '../task/shell.ts'
import { closeCredentials } from './close-credentials.ts'
import { readNamespaceUsage, readUsage } from './control-groups.ts'
import { type Executor, ExecutorRefusal, type ExecutorState } from './executor.ts'
import {
  controlGroupPaths,
  type GroupLimits,
  makeControlGroups,
  outOfMemoryKills,
  refusedForks,
  removeControlGroups,
} from './job-groups.ts'
import { type EnteredSandbox, enterSandbox } from './sandbox-enter.ts'
import { ioPath } from './sandbox-root.ts'
import { endedByItself, endSandboxes, jobUsers, logOf, removeJobsFiles, startSandbox } from './sandbox-start.ts'

const maxProcesses = 4096

/**
 * Runs docker jobs on the host itself where there is no engine: own user, mount, process and IPC namespaces, the host's
 * programs read-only, a private home and temporary folder, the host's network. When the agent is root each job is a user
 * of its own that the host does not know; else it is the agent's user, which sees nothing but its own folders. `folders`
 * are to be kept out of its sight should they lie among the programs.
 */
export function createSandboxExecutor(folders: readonly string[]): Executor {
  let closed: Promise<string | undefined> | undefined
  const hidden = folders.filter((folder, index) => !folders.some((other, at) => covers(other, folder, at < index)))
  return {
    kind: 'sandbox',
    ioPath,
    async prepare(spec, folder, say, signal) {
      const { executor } = spec.job
      if (executor.type !== 'docker')
        throw new ExecutorRefusal(`The ${executor.type} executor is not available on this agent.`)
      say('NOTICE: this agent uses no container engine.')
      say(`        The image ${executor.images[0]?.image} is NOT used: steps run in a sandbox on the host, with the`)
      say('        programs of the host, without root and without a network of their own.')
      for (const service of executor.images.slice(1)) say(`        The service ${service.image} is NOT started.`)
      const limits = limitsFor(spec)
      const groups = makeControlGroups(basename(folder.root), limits)
      sayLimits(spec, limits, groups !== undefined, say)
      closed ??= closeCredentials(range(jobUsers()))
      const open = await closed
      if (open !== undefined)
        say(`The addresses at which clouds give out credentials could not be closed to this job: ${open}.`)
      try {
        const first = await startSandbox({ token: spec.attemptId, folder, limits, groups, hidden }, signal)
        // Variables that a container would bring lie below those of the job (semantics 24).
        const prologue = exports(executor.images[0]?.environment ?? [])
        const state = { pid: String(first.pid), groups: (groups ?? []).join('\n'), log: logOf(folder.root) }
        return { ...first, ...state, prologue }
      } catch (error) {
        await removeControlGroups(groups ?? [])
        throw error
      }
    },
    adopt: async (state) => processLives(identity(state)),
    async health(state) {
      const alive = processLives(identity(state))
      const outOfMemory = outOfMemoryKills(groupsOf(state)) > 0
      return { alive, outOfMemory, byItself: !alive && (await endedByItself(state.log)) }
    },
    memoryKills: (state) => outOfMemoryKills(groupsOf(state)),
    refusedForks: (state) => refusedForks(groupsOf(state)),
    usage: (state) => readUsage(usagePairs(groupsOf(state))) ?? readNamespaceUsage(Number(state.pid)),
    async openTerminal(state, script, size) {
      const program = await enterSandbox(entered(state), ['/bin/sh', script], size)
      return {
        output: program.output,
        write: (text) => void program.input.write(text),
        resize: (columns, rows) => program.resize({ columns, rows }),
        close: () => program.close(),
      }
    },
    openProgram: (state, command, terminal) => enterSandbox(entered(state), command, terminal),
    halt: async (_state, { root }) => void (await endSandboxes(root)),
    async remove(_state, { root }) {
      await endSandboxes(root)
      await removeControlGroups(controlGroupPaths(basename(root)))
      await removeJobsFiles(root)
    },
    reachable: (url) => url,
  }
}

function range({ first, last }: ReturnType<typeof jobUsers>): string {
  return `${first}-${last}`
}

/** Of version 2 one group counts everything; of version 1 there is one for each thing. */
function usagePairs(groups: readonly string[]): readonly string[] {
  const [memory, , cpu = memory] = groups
  return memory === undefined ? [] : [`${cpu} ${memory}`]
}

/** Whether nothing is left of a folder to be hidden when another one is. */
function covers(other: string, folder: string, earlier: boolean): boolean {
  return folder.startsWith(`${other}/`) || (earlier && folder === other)
}

function identity(state: ExecutorState): ProcessIdentity {
  return { pid: Number(state.pid), started: state.started ?? '', boot: state.boot ?? '' }
}

function entered(state: ExecutorState): EnteredSandbox {
  return { first: identity(state), groups: groupsOf(state) }
}

function groupsOf(state: ExecutorState): readonly string[] {
  return (state.groups ?? '').split('\n').filter(Boolean)
}

function limitsFor(spec: TaskSpec): GroupLimits {
  return {
    cpus: Math.min(spec.resources.cpus, cpus().length),
    memoryMb: Math.min(spec.resources.memoryMb, Math.floor(totalmem() / 1024 / 1024)),
    processes: maxProcesses,
  }
}

function sayLimits(spec: TaskSpec, limits: GroupLimits, enforced: boolean, say: (line: string) => void): void {
  const { cpus, memoryMb, resourceClass } = spec.resources
  say(`Resource class ${resourceClass}: ${cpus} ${cpus === 1 ? 'CPU' : 'CPUs'}, ${memoryMb / 1024} GB`)
  if (limits.cpus < cpus || limits.memoryMb < memoryMb)
    say(`This machine is smaller: the job gets ${limits.cpus} CPUs and ${Math.floor(limits.memoryMb / 1024)} GB.`)
  if (!enforced)
    say(
      `The agent may not make control groups here: CPUs are NOT limited, and memory is limited for each process, not for the job.`,
    )
}
