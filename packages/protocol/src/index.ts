/** What crosses a process: the agent's contract, the private page API and the live channel. Schemas and types; the only behaviour is the live channel's client. */
export type {
  AgentCondition,
  AgentExecutor,
  AgentHello,
  AgentOrders,
  AgentWelcome,
  AttemptRef,
  CheckoutSpec,
  Claim,
  ClaimRequest,
  ControlPlane,
  FoundCache,
  FoundLayer,
  HeartbeatAnswer,
  HeartbeatRequest,
  ReportEntry,
  ReportRequest,
  SshKeySpec,
  TaskSpec,
  UsageSeries,
} from './agent/control-plane.ts'
export { agentCalls, agentPathPrefix } from './agent/http-binding.ts'
export { createLive, type Live, type LiveOptions, type OutputListener } from './live/client.ts'
export type { ClientMessage, LiveEvent, LiveTopic, ServerMessage } from './live/messages.ts'
export type {
  EvidenceView,
  ForecastView,
  LimitView,
  LoopView,
  QueueEntryView,
  QueuePageView,
  RetentionView,
  SettingsPageView,
} from './pages/admin-views.ts'
export type {
  AgentView,
  AttemptView,
  JobPageView,
  JobUsageView,
  JobView,
  JobWaitView,
  PersonView,
  PipelineEventView,
  PipelineView,
  ProjectView,
  RunRequest,
  SessionView,
  SliceView,
  StepView,
  TestView,
  WorkflowPageView,
  WorkflowView,
} from './pages/views.ts'
