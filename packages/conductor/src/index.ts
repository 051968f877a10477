/**
 * Decides what workflows do next, and carries it out through ports: pure functions over snapshots, thin use cases around
 * them. The server's side of the agent contract is one of these. Knows no SQL, no HTTP and no Git.
 */
export { createAttemptCredentials } from './attempt-credentials.ts'
export type { AttemptCredentials } from './attempt-credentials.ts'
export { createDispatcher } from './dispatcher.ts'
export type { Dispatcher, DispatcherPorts } from './dispatcher.ts'
export { sweepLeases } from './lease-sweeper.ts'
export { nextMoves, workflowStatus } from './next-moves.ts'
export type { TaskSpecPorts } from './task-spec.ts'
export { createUserActions, startChecks } from './user-actions.ts'
export type { UserActionsPorts } from './user-actions.ts'
