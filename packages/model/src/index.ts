/**
 * The nouns of the product, its status unions, life-cycle tables and the ports everything else is built against.
 * Imports nothing; knows no database, no network and no clock.
 */

export type { Organization, OrganizationRole, Principal, User } from './account.ts'
export type { AppErrorCode, AppErrorOptions } from './app-error.ts'
export { AppError } from './app-error.ts'
export { backgroundEnd } from './background-end.ts'
export type {
  Artifact,
  CacheEntry,
  JobImage,
  StoredObject,
  TestOutcome,
  TestResult,
  TestTiming,
  TimingKey,
  WorkspaceLayer,
} from './build-data.ts'
export type { Diagnostic, DiagnosticSeverity, Origin, OriginFrame, Span } from './diagnostic.ts'
export type { AdministrationEntry, EventKind, EventRecord, HistoryEntry, NewEvent } from './event.ts'
export type {
  ExpectedStart,
  ForecastAgent,
  ForecastFacts,
  ForecastJob,
  ForecastLine,
  ForecastLock,
  ForecastRunning,
  ForetoldKind,
} from './forecast.ts'
export type { Job, JobWithPlan } from './job.ts'
export { isAskedFor, isFingerprintOf } from './key-fingerprints.ts'
export { jobTransitions, mayBecome, workflowMayBecome, workflowTransitions } from './life-cycle.ts'
export type {
  Orb,
  OrbCategory,
  OrbImport,
  OrbNamespace,
  OrbPin,
  OrbStatistics,
  OrbVersion,
  VersionSegment,
} from './orb.ts'
export type { OrbReference, Release, WantedVersion } from './orb-version.ts'
export {
  compareReleases,
  isDevVersion,
  isOrbName,
  isWanted,
  nextRelease,
  parseOrbReference,
  parseRelease,
  parseWantedVersion,
} from './orb-version.ts'
export type { Phase, Result } from './outcome.ts'
export type {
  CompiledConfig,
  Continuation,
  GitRevision,
  Pipeline,
  PipelineConfig,
  PipelineError,
  PipelineTrigger,
  PipelineValues,
  PipelineWarning,
  PullRequests,
  RepositoryNames,
} from './pipeline.ts'
export { toldBranch } from './pipeline.ts'
export type {
  DockerExecutorPlan,
  ExecutorPlan,
  Filters,
  ImagePlan,
  JobPlan,
  MachineExecutorPlan,
  MacosExecutorPlan,
  NameFilter,
  NodeType,
  OmittedWorkflow,
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
  EnvironmentEntry,
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
export type { Accounts, ApiToken } from './ports/accounts.ts'
export {
  type AgentCredential,
  type AgentToken,
  type AgentTokens,
  agentNameDefect,
  type NewAgentToken,
} from './ports/agent-tokens.ts'
export {
  type Agent,
  type AgentCondition,
  type Agents,
  agentSilentAfterMs,
  type RunningTask,
  rivalGoneAfterMs,
  type Seat,
  type SeatHolder,
} from './ports/agents.ts'
export type { BoxContent, BoxKey, BoxSealer } from './ports/box.ts'
export type { BuildOrigin, BuildQueries, JobContext, PipelineFilter, TriedAttempt } from './ports/build-queries.ts'
export type { CheckoutKey, CheckoutKeys } from './ports/checkout-keys.ts'
export type { Clock, NewId } from './ports/clock.ts'
export type {
  AgentRecord,
  AllowedTimes,
  AttemptContext,
  AttemptIdentity,
  Chore,
  ChoreKind,
  ClaimedTask,
  ClaimQuery,
  ClaimTerms,
  ExpiredAttempt,
  FencedRef,
  LockEntry,
  OverdueJob,
  PipelineInSetup,
  ReservedPipeline,
  ServedTerm,
  ServerInstance,
  StopOrder,
  WorkflowHead,
  WorkflowSnapshot,
} from './ports/engine-records.ts'
export type { EngineStore } from './ports/engine-store.ts'
export type {
  AgentsRef,
  AttemptEnd,
  BegunStep,
  EndedJob,
  EndedStep,
  EngineTransaction,
  GivenLock,
  HeldAttempt,
  JobChange,
  KeptAnswer,
  LockAnswer,
  LockPlace,
  NewJob,
  NewPipeline,
  Refusal,
  ReleasedLock,
  SettledJob,
} from './ports/engine-transaction.ts'
export type { Follows } from './ports/follows.ts'
export type { Hold, HoldEnd, HoldFacts, HoldOrder, Holds, HoldTerms } from './ports/holds.ts'
export type { Insights, JobRun, RunFilter, WorkflowRun } from './ports/insights.ts'
export type { KeyRing, SecretOpener, SecretSealer } from './ports/key-ring.ts'
export { contextScope, projectScope } from './ports/key-ring.ts'
export type { LiveEvents } from './ports/live.ts'
export type { Objects } from './ports/objects.ts'
export type {
  DispatchEntry,
  LockLine,
  LockLineEntry,
  LoopRound,
  LoopState,
  Operations,
} from './ports/operations.ts'
export type { OrbAnswer, OrbContent, OrbLookup, OrbRefusal, OrbRequest } from './ports/orb-lookup.ts'
export type { NewOrbVersion, OrbFilter, OrbPage, OrbStore, OrbVisibility } from './ports/orb-store.ts'
export type { OutputTime, StepOutput } from './ports/output.ts'
export type { Page, PageRequest } from './ports/page.ts'
export type { ProjectToken, ProjectTokenScope, ProjectTokens } from './ports/project-tokens.ts'
export type { DuePush, NewPush, NotedPush, Pushes } from './ports/pushes.ts'
export type {
  GitHosting,
  GitService,
  GitServing,
  PushedRef,
  PushListener,
  RefRequest,
  Repositories,
  RepositoryName,
} from './ports/repositories.ts'
export type {
  ExpiredBatch,
  ExpiredCount,
  OldOutput,
  RetentionDays,
  RetentionKind,
  RetentionStore,
} from './ports/retention-store.ts'
export { retentionKinds, retentionSetting } from './ports/retention-store.ts'
export type {
  AgentState,
  ForecastQuality,
  JobsBefore,
  LimitRecord,
  LockWait,
  QueueEntry,
  QueueFilter,
  QueueSummary,
  QueueWait,
  RunQueue,
  SummaryFilter,
  WaitFacts,
} from './ports/run-queue.ts'
export type { DueSchedule, NewSchedule, ScheduleChange, Schedules } from './ports/schedules.ts'
export type { ContextRecord, ContextRestriction, SealedSecret, SecretStore } from './ports/secrets.ts'
export type { LastChange, ScopedSettings, SettingsStore } from './ports/settings-store.ts'
export type { SshKey, SshKeys } from './ports/ssh-keys.ts'
export type { PublicJwk, PublishedKeys, TokenSigner } from './ports/token-signer.ts'
export type { RemoteTexts, UrlOrbPrefix, UrlOrbStore } from './ports/url-orbs.ts'
export type { UsageRecord, UsageStore } from './ports/usage.ts'
export type { SshAccess, UserKey, UserKeys } from './ports/user-keys.ts'
export type { Wakeups } from './ports/wakeups.ts'
export type { Project, ProjectSettings } from './project.ts'
export { defaultProjectSettings, projectSlug } from './project.ts'
export type { PushActions, PushOutcome } from './push-actions.ts'
export type { RequestKey } from './request-key.ts'
export type { Resources } from './resource-class.ts'
export {
  cpuOvercommit,
  defaultResourceClass,
  isResourceClass,
  resourceClassesOf,
  resourceClassNames,
  resourcesOf,
} from './resource-class.ts'
export { createRounds } from './rounds.ts'
export type { NextLine, QueueLine, QueueShare, QueueView, RunningTasks, TaskLimit } from './run-queue.ts'
export {
  isBlocked,
  isFull,
  limitCovers,
  limitOn,
  nextLine,
  patienceMs,
  runningUnder,
  shareMemoryMs,
  standardShare,
  withOneLess,
  withOneMore,
} from './run-queue.ts'
export type { CronTimetable, DayName, HourlyTimetable, MonthName, Schedule, Timetable } from './schedule.ts'
export { dayNames, monthNames } from './schedule.ts'
export type { SettingDefinition, SettingName, SettingScope, SettingsView, SettingValues } from './settings.ts'
export {
  nothingSet,
  readSettingName,
  settingMs,
  settingNames,
  settingOf,
  settingProblem,
  settings,
  settingText,
  settingVariable,
} from './settings.ts'
export type { JobStatus, PipelineState, WorkflowStatus } from './status.ts'
export { finalJobStatuses, finalWorkflowStatuses, isFinalJobStatus, isFinalWorkflowStatus } from './status.ts'
export type { Attempt, StepRecord, Task } from './task.ts'
export type { CacheScope } from './trust.ts'
export { forkOf } from './trust.ts'
export { createTurns } from './turns.ts'
export { unavailableStep } from './unavailable-step.ts'
export type {
  ContinueRequest,
  PlanSelection,
  RerunRequest,
  ScheduledRun,
  TriggerRequest,
  UserActions,
} from './user-actions.ts'
export type { Workflow } from './workflow.ts'
