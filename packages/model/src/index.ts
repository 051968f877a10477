/**
 * The nouns of the product, its status unions, life-cycle tables and the ports everything else is built against.
 * Imports nothing; knows no database, no network and no clock.
 */
export { AppError } from './app-error.ts'
export type { AppErrorCode, AppErrorOptions } from './app-error.ts'
export type { Diagnostic, DiagnosticSeverity, Origin, OriginFrame, Span } from './diagnostic.ts'
export type { Phase, Result } from './outcome.ts'
export type {
  DockerExecutorPlan,
  EnvironmentEntry,
  ExecutorPlan,
  Filters,
  ImagePlan,
  JobPlan,
  MachineExecutorPlan,
  MacosExecutorPlan,
  NameFilter,
  NodeType,
  OrbResolution,
  Plan,
  RequiredStatus,
  Requirement,
  SchedulePlan,
  WorkflowNode,
  WorkflowPlan,
} from './plan.ts'
export type {
  AddSshKeysStep,
  AttachWorkspaceStep,
  CheckoutStep,
  PersistToWorkspaceStep,
  RestoreCacheStep,
  RunStep,
  SaveCacheStep,
  SetupRemoteDockerStep,
  Step,
  StepWhen,
  StoreArtifactsStep,
  StoreTestResultsStep,
  UnsupportedStep,
} from './plan-step.ts'
export { defaultResourceClass, resourcesOf } from './resource-class.ts'
export type { Resources } from './resource-class.ts'
export { isFinalJobStatus, isFinalWorkflowStatus } from './status.ts'
export type { JobStatus, PipelineState, WorkflowStatus } from './status.ts'
