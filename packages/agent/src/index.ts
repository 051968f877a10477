/**
 * The program that claims tasks, runs their steps in containers or a sandbox, and reports. It stands outside of the job's
 * container, speaks to the server only through `ControlPlane`, and goes on after it was killed.
 *
 * Folders, each of which knows only those after it: `attempt` (one try from claim to last word), `steps` (what each kind of
 * step does), `task` (what they share), `reports` (journal, and what the server is told), `output` (masks, limits, sending),
 * `executors`, `shared-folder` (between agent and job), `control-plane` (the way to the server).
 */

export type { AgentOptions } from './agent.ts'
export { runAgent } from './agent.ts'
export { createControlPlaneClient } from './control-plane/client.ts'
export { openAnswers } from './control-plane/open-answers.ts'
export { dockerSettingNames, readDockerSettings } from './executors/docker/settings.ts'
export { readFolderName } from './life/seat.ts'
export { createMaskerFactory } from './output/masker.ts'
