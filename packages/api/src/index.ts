/**
 * Everything that is asked over the network: API v1.1 and v2, the pages' documents, Git over HTTP, the live channel, and the
 * agents' port. Parses, authorises, calls one use case, presents; decides nothing.
 */
export { type AskingAgent, createAgentAuthenticator } from './agents/authenticate.ts'
export { createJoining } from './agents/join.ts'
export { createOpenCalls } from './agents/open-calls.ts'
export { createAgentServer } from './agents/server.ts'
export { hashPassword, hashToken, newToken, verifyPassword } from './credentials.ts'
export type { GitKeys } from './git/keys.ts'
export { createGitKeys } from './git/keys.ts'
export type { AgentPorts, WebOptions, WebPorts } from './ports.ts'
export { newSshKeyPair } from './ssh-key-pair.ts'
export { createWebServer } from './web-server.ts'
