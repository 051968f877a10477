/**
 * The program that claims tasks, runs their steps in containers or a sandbox, and reports. It stands outside of the job's
 * container, speaks to the server only through `ControlPlane`, and goes on after it was killed.
 */

export type { AgentOptions } from './agent.ts'
export { runAgent } from './agent.ts'
export { createControlPlaneClient } from './control-plane-client.ts'
export { createMaskerFactory } from './output/masker.ts'
