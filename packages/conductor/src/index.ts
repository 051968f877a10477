/**
 * Decides what workflows do next, and carries it out through ports: pure functions over snapshots, thin use cases around
 * them. The server's side of the agent contract is one of these. Knows no SQL, no HTTP and no Git.
 */

export type { AttemptCredentials } from './attempt-credentials.ts'
export { createAttemptCredentials } from './attempt-credentials.ts'
export { checkoutProject } from './checkout-project.ts'
export type { ChoreOptions, ChorePorts } from './chores.ts'
export { doChores, doDueChores } from './chores.ts'
export type {
  CheckOrbRequest,
  CompileAnswer,
  CompileRequest,
  Compiler,
  OrbCheck,
  Problem,
} from './compiler/compiler.ts'
export type { CompilerPoolOptions } from './compiler/compiler-pool.ts'
export { createCompilerPool } from './compiler/compiler-pool.ts'
export { createInlineCompiler } from './compiler/inline-compiler.ts'
export type { ContinuationKeys } from './continuation-keys.ts'
export { createContinuationKeys } from './continuation-keys.ts'
export { resumeContinuations } from './continuation-resumer.ts'
export type { EventText } from './describe-event.ts'
export { describeEvent } from './describe-event.ts'
export type { Dispatcher } from './dispatcher.ts'
export { createDispatcher } from './dispatcher.ts'
export type { DispatcherPorts } from './dispatcher-ports.ts'
export { defaultTimes, enforceLimits } from './enforce-limits.ts'
export type { WaitReason } from './explain-wait.ts'
export { explainWait } from './explain-wait.ts'
export { sweepLeases } from './lease-sweeper.ts'
export { requiredStatusOf, statusOfSlices } from './life-cycles.ts'
export type { Decision, JobState, Move } from './next-moves.ts'
export { nextMoves, workflowStatus } from './next-moves.ts'
export { nextRun } from './next-run.ts'
export type { OrbRegistryPorts } from './orbs/create-orb-registry.ts'
export { createOrbRegistry } from './orbs/create-orb-registry.ts'
export { createOrbLookup } from './orbs/orb-lookup.ts'
export type { OrbRegistry, OrbVersionWithSource, PublishRequest } from './orbs/orb-registry.ts'
export { jobsFor } from './plan-jobs.ts'
export { rerunJobs } from './rerun-jobs.ts'
export type { SchedulePorts } from './run-schedules.ts'
export { runDueSchedules, runSchedules } from './run-schedules.ts'
export type { StartChecks } from './start-job.ts'
export type { TaskSpecPorts } from './task-spec.ts'
export type { UserActionsPorts } from './user-actions.ts'
export { createStartChecks, createUserActions } from './user-actions.ts'
