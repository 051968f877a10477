import type { Origin, RunStep, Step } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'

/** Where nothing was written. */
export const origin: Origin = { span: { file: '', start: 0, end: 0 }, chain: [] }

export function runStep(command: string, more: Partial<RunStep> = {}): RunStep {
  return {
    type: 'run',
    command,
    environment: [],
    background: false,
    noOutputTimeoutMs: 600_000,
    when: 'on_success',
    maxAutoReruns: 0,
    autoRerunDelayMs: 0,
    origin,
    ...more,
  }
}

export function taskSpec(steps: readonly Step[], more: Partial<TaskSpec> = {}): TaskSpec {
  return {
    attemptId: '0198f0c0-0000-7000-8000-000000000001',
    epoch: 1,
    taskIndex: 0,
    parallelism: 1,
    job: {
      name: 'it',
      executor: { type: 'docker', images: [{ image: 'none', environment: [] }] },
      steps,
      environment: [],
      parallelism: 1,
      origin,
    },
    jobNumber: 1,
    resources: { resourceClass: 'small', cpus: 1, memoryMb: 2048 },
    environment: [],
    secrets: [],
    checkout: { url: '', username: '', password: '', revision: '', branch: 'main', tag: null, ssh: null },
    sshKeys: [],
    knownHosts: [],
    cacheKeys: { branch: 'main', buildNum: 1, revision: '', environment: {} },
    limits: { maxRunMs: 60_000, maxOutputBytesPerStep: 100_000_000 },
    ...more,
  }
}
