/** How people reach the jobs of this agent over SSH. */
export interface SshOptions {
  /** Address that people are told. */
  readonly host: string
  /** Address to listen on. */
  readonly bind: string
  /** One of these for each job, first and last. */
  readonly ports: readonly [number, number]
  /** Folder in which the host's key is kept. */
  readonly folder: string
  /** After its steps a job stays for so long while nobody is in; default ten minutes. */
  readonly idleMs?: number
  /** And at most for so long; default two hours. */
  readonly longestMs?: number
}

export const defaultSshPorts: readonly [number, number] = [64_535, 65_535]
