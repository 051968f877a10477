import type { Resources } from '../resource-class.ts'
import type { AgentRecord } from './engine-records.ts'

/** Who was not heard of for so long counts as out of reach (reliability rules, 2b). An agent that waits for work asks anew before. */
export const agentSilentAfterMs = 45_000

/** A process that is refused an agent's seat asks again every few seconds; one that was not refused for so long is gone. */
export const rivalGoneAfterMs = 30_000

/**
 * What tells one process that wants to be an agent from another: the folder it works on, and where that folder lies now (machine,
 * boot and file). The same folder in the same place is the same agent, started again.
 */
export interface Seat {
  readonly folder: string
  readonly place: string
}

/** The process that is an agent now. */
export interface SeatHolder {
  readonly hostname: string
  readonly since: Date
}

/** How an agent stood when it said so last. */
export interface AgentCondition {
  readonly tasks: number
  readonly maxTasks: number
  readonly cpus: { readonly used: number; readonly all: number }
  readonly memoryMb: { readonly used: number; readonly all: number }
  /** How many of the tasks have run their steps and stay for people who may enter them over SSH. */
  readonly waitingForSsh?: number
  /** Somebody at its machine asked it to end once what runs has ended. */
  readonly draining: boolean
  /** Why it takes no new tasks, as a sentence; null: it does. */
  readonly refusal: string | null
  /** Known holes of what jobs run in there, each as a sentence with its cure; absent from agents of earlier versions. */
  readonly faults?: readonly string[]
}

export interface Agent extends Resources {
  readonly id: string
  readonly name: string
  readonly hostname: string
  readonly executors: readonly string[]
  /** Since it was heard of last, by the database's clock. */
  readonly silentMs: number
  /** Since an administrator asked it to take nothing new; null: nobody does. */
  readonly drainingSince: Date | null
  /** Null for an agent that never said. */
  readonly condition: AgentCondition | null
  /** Another process that wanted to be this agent lately, and was refused; null: none did. */
  readonly rivalHost: string | null
  readonly rivalAt: Date | null
  /** Since its last token was revoked; null: it may go on. */
  readonly revokedAt: Date | null
}

export interface RunningTask {
  readonly agentId: string
  readonly jobId: string
  readonly jobName: string
  readonly organizationName: string
  readonly projectName: string
  readonly vcsType: 'github' | 'bitbucket' | 'circleci'
  readonly slice: number
  readonly since: Date
  /** It failed, and its environment stays for its owner. */
  readonly held: boolean
}

/** The machines that run tasks, as administrators see and direct them. */
export interface Agents {
  list(): Promise<readonly Agent[]>
  /** What they run, the longest first; `agentId` of one of them, or of all. */
  running(agentId?: string): Promise<readonly RunningTask[]>
  /**
   * Records the machine of an agent that says hello, and makes the asking process the agent; answers who is it when that is another.
   * A seat goes to another process once its holder was silent for a minute (`seatFreeAfterMs`), in which somebody was there to
   * hear it; and, unless both work on one folder, once nothing of the holder's is open any more. Whoever is there already stays.
   */
  greet(agentId: string, machine: Omit<AgentRecord, 'name'>, seat: Seat | undefined): Promise<SeatHolder | undefined>
  /** Whoever was an agent by working on this folder is gone, as somebody knows who looked: the next need not wait. */
  vacate(folder: string): Promise<void>
  /** Notes that these were heard of just now. */
  heardOf(agentIds: readonly string[]): Promise<void>
  /** Keeps what an agent says of itself; answers whether it is asked to take nothing new. */
  checkIn(agentId: string, condition: AgentCondition): Promise<{ readonly draining: boolean }>
  /**
   * Asks an agent to take nothing new, or to go on; undefined: there is no such agent. When this has answered, no task is
   * handed to a draining agent any more (reliability row R-34). `ending`: what it kept of failed jobs, which ends with that.
   */
  setDraining(
    agentId: string,
    draining: boolean,
    actorId: string,
  ): Promise<{ readonly agent: Agent; readonly ending: readonly RunningTask[] } | undefined>
}
