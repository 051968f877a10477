import type { SshProgram, TerminalSize } from '@rondo/adapters'
import type { TaskSpec } from '@rondo/protocol'
import type { TaskFolder } from '../shared-folder/task-folder.ts'
import type { Usage } from './control-groups.ts'

/** What a started executor is known by across restarts of the agent; plain text only, no secret. */
export type ExecutorState = Readonly<Record<string, string>>

/**
 * A place in which a task's supervisor runs. One per attempt. `prepare` is called once and may take long; `adopt` takes
 * its place after a restart and answers undefined when nothing is left of it. `remove` may be called at any time after,
 * any number of times, and leaves nothing behind, of a `prepare` that was cut short either: then the state is empty.
 */
export interface Executor {
  readonly kind: 'docker' | 'sandbox'
  /** Path of the shared folder as steps see it. */
  readonly ioPath: string
  /** Before the shared folder is made at `root`/io: an environment that waits for such a task may bring its own. */
  reserve?(spec: TaskSpec, root: string): Promise<void>
  prepare(spec: TaskSpec, folder: TaskFolder, say: (line: string) => void, signal: AbortSignal): Promise<ExecutorState>
  adopt(state: ExecutorState, folder: TaskFolder): Promise<boolean>
  /** Whether the supervisor still lives, and why not. */
  health(state: ExecutorState): Promise<Health>
  /** In the user's words, why an environment that was prepared never got ready. */
  startFailure?(state: ExecutorState): Promise<string>
  /** The images it runs, in the config's order; absent where there are none. */
  images?(state: ExecutorState): readonly RunningImage[]
  /** Names of containers whose own output is shown, each as a step. */
  attended?(state: ExecutorState): readonly string[]
  /**
   * Passes on what such a container prints, without the first `from` bytes, until it ends; answers how it did. Undefined
   * when the signal came first.
   */
  attend?(
    state: ExecutorState,
    position: number,
    from: number,
    write: (bytes: Buffer) => Promise<void>,
    signal: AbortSignal,
  ): Promise<ContainerEnd | undefined>
  /** How many processes of such a container the kernel has killed for memory so far. */
  attendedKills?(state: ExecutorState, position: number): number
  /** Whether its containers have the resource class together, not each of them. */
  sharesClass?(state: ExecutorState): boolean
  /** How many processes of the job's the kernel has killed for memory so far. */
  memoryKills(state: ExecutorState): number
  /** How often the kernel refused the job a process, because it had as many as it may. */
  refusedForks(state: ExecutorState): number
  /** What the job has used so far, of processors and memory; undefined when that is out of sight. Called once a second. */
  usage(state: ExecutorState): Usage | undefined
  /** In the user's words, that the job wrote more than it may; absent where nothing is limited. Asked while the job runs. */
  overDisk?(state: ExecutorState): Promise<string | undefined>
  /** Kills what a script left, with more rights than the supervisor has; absent where it has them all. */
  killAsRoot?(state: ExecutorState, id: string): Promise<void>
  /** Runs a script of the shared folder at a terminal; absent where there is none. */
  openTerminal?(
    state: ExecutorState,
    script: string,
    size: { readonly columns: number; readonly rows: number },
  ): Promise<Terminal>
  /** Runs a program of the environment for somebody who entered it; absent where that is not offered. */
  openProgram?(
    state: ExecutorState,
    command: readonly string[],
    terminal: TerminalSize | undefined,
  ): Promise<SshProgram>
  /** Ends all that runs in it, at once; what it wrote into the shared folder stays. Any number of times, any state. */
  halt(state: ExecutorState, folder: Pick<TaskFolder, 'root'>): Promise<void>
  remove(state: ExecutorState, folder: Pick<TaskFolder, 'root'>): Promise<void>
  /** The server's address as the job reaches it. */
  reachable(url: string): string
}

export interface Health {
  readonly alive: boolean
  readonly outOfMemory: boolean
  /** It ended from within, and nobody outside had asked for that; absent where it lives, or that cannot be told. */
  readonly byItself?: boolean
}

/** An image, and which one its name stood for: the registry's digest, or `local:` and an id when it came from none. */
export interface RunningImage {
  readonly image: string
  readonly digest: string
}

export interface ContainerEnd {
  readonly exitCode: number
  readonly outOfMemory: boolean
}

/** A program at a terminal. `output` ends when it does. */
export interface Terminal {
  readonly output: AsyncIterable<Uint8Array>
  write(text: string): void
  resize(columns: number, rows: number): Promise<void>
  close(): Promise<void>
}

/** The task cannot run as its config asks; the message goes to the user. Not our failure. */
export class ExecutorRefusal extends Error {}
