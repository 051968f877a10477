/**
 * Decides what workflows do next, and carries it out through ports: pure functions over snapshots, thin use cases around
 * them. The server's side of the agent contract is one of these. Knows no SQL, no HTTP and no Git.
 *
 * `decisions` is pure; `workflows` carries decisions out in a transaction; `pipelines` is what pushes and people ask for;
 * `attempts` is what agents ask for; `chores` is what nobody asks for. `compiler` and `orbs` serve the config.
 */

export type { AttemptCredentials } from './attempts/attempt-credentials.ts'
export { createAttemptCredentials } from './attempts/attempt-credentials.ts'
export { checkoutProject } from './attempts/checkout-project.ts'
export type { Dispatcher } from './attempts/dispatcher.ts'
export { createDispatcher } from './attempts/dispatcher.ts'
export type { DispatcherPorts } from './attempts/dispatcher-ports.ts'
export { sweepLeases } from './attempts/lease-sweeper.ts'
export { createStandIns } from './attempts/stand-ins.ts'
export type { TaskSpecPorts } from './attempts/task-spec.ts'
export { announce } from './chores/announce.ts'
export type { DueRetention, RetentionPorts } from './chores/apply-retention.ts'
export {
  applyRetention,
  dueRetention,
  retainOneProject,
  sweepNextFolder,
  sweepObjects,
} from './chores/apply-retention.ts'
export type { ChoreOptions, ChorePorts } from './chores/chores.ts'
export { doChores, doDueChores } from './chores/chores.ts'
export { defaultTimes, endOverdue, enforceLimits } from './chores/enforce-limits.ts'
export { expireOrbs } from './chores/expire-orbs.ts'
export type { FinishPushesPorts } from './chores/finish-pushes.ts'
export { finishDuePushes, finishPushes } from './chores/finish-pushes.ts'
export type { Forecaster } from './chores/foretell-starts.ts'
export { createForecaster, foretellStarts } from './chores/foretell-starts.ts'
export type { SchedulePorts } from './chores/run-schedules.ts'
export { runDueSchedules, runSchedules } from './chores/run-schedules.ts'
export { type Heartbeat, sayStillRunning } from './chores/say-still-running.ts'
export type { CompileTurn } from './compiler/compile-queue.ts'
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
export { explainNoHold } from './decisions/explain-no-hold.ts'
export type { WaitReason } from './decisions/explain-wait.ts'
export { explainWait } from './decisions/explain-wait.ts'
export type { JobState } from './decisions/job-state.ts'
export { requiredStatusOf, statusOfSlices } from './decisions/life-cycles.ts'
export type { Decision, Move } from './decisions/next-moves.ts'
export { nextMoves, workflowStatus } from './decisions/next-moves.ts'
export { nextRun } from './decisions/next-run.ts'
export { jobsFor } from './decisions/plan-jobs.ts'
export { rerunJobs } from './decisions/rerun-jobs.ts'
export { isTimeZone } from './decisions/wall-time.ts'
export { whyHeld, whyNoneTakes } from './decisions/why-held.ts'
export { describeDispatch } from './history/describe-dispatch.ts'
export type { EventText } from './history/describe-event.ts'
export { describeEvent } from './history/describe-event.ts'
export { stepsInTurn } from './history/steps-in-turn.ts'
export { toldOnce } from './history/told-once.ts'
export type { OrbRegistryPorts } from './orbs/create-orb-registry.ts'
export { createOrbRegistry } from './orbs/create-orb-registry.ts'
export { missingOrb } from './orbs/missing-orb.ts'
export { createOrbLookup } from './orbs/orb-lookup.ts'
export type { ImportRequest, OrbRegistry, OrbVersionWithSource, PublishRequest } from './orbs/orb-registry.ts'
export { checkRun } from './pipelines/check-run.ts'
export type { ContinuationKeys } from './pipelines/continuation-keys.ts'
export { createContinuationKeys } from './pipelines/continuation-keys.ts'
export { resumeContinuations } from './pipelines/continuation-resumer.ts'
export type { FollowPushPorts } from './pipelines/follow-push.ts'
export { createPushActions } from './pipelines/follow-push.ts'
export { createStartChecks, createUserActions } from './pipelines/user-actions.ts'
export type { UserActionsPorts } from './pipelines/user-actions-ports.ts'
export type { StartChecks } from './workflows/start-job.ts'
