/** What tests share: a database with builders of what lies in it, the whole product as a stack of real processes, and what this machine offers to run it on. */

export { type AgentProcess, type AgentProcessOptions, startAgentProcess } from './agent-process.ts'
export { openAgentsPort } from './agents-port.ts'
export type { ApiWorld, TokenHolder } from './api-world.ts'
export { startApiWorld } from './api-world.ts'
export type { BuiltWorkflow, Household } from './builders.ts'
export { buildAgent, buildHousehold, buildJob, buildRevision, buildWorkflow, claimOne, claimQuery } from './builders.ts'
export {
  chromiumPath,
  dockerAnswers,
  imagePresent,
  imageRegistryPresent,
  plainUser,
  sandboxWorks,
} from './capabilities.ts'
export type { CliWorld } from './cli-world.ts'
export { startCliWorld } from './cli-world.ts'
export type { TestDatabase } from './database.ts'
export { startTestDatabase } from './database.ts'
export type { TestEngine } from './engine.ts'
export { startTestEngine } from './engine.ts'
export { findInMemory } from './find-in-memory.ts'
export type { ImageRegistry, RegistryUser } from './image-registry.ts'
export { changeImage, emptyImage, forgetImages, startImageRegistry } from './image-registry.ts'
export type { Ended } from './rondo.ts'
export { rondo } from './rondo.ts'
export { type ServerForTwo, startServerForTwo, type TestPerson } from './server-for-two.ts'
export type { UnexpectedEnd } from './server-process.ts'
export { mayMount, mountSmallDisk, type SmallDisk } from './small-disk.ts'
export type { JobView, Stack, StackOptions } from './stack.ts'
export { startStack, stopOpenStacks } from './stack.ts'
export type { ProxiedConnection, TcpProxy, Ways } from './tcp-proxy.ts'
export { startTcpProxy } from './tcp-proxy.ts'
export type { UpstreamRegistry } from './upstream-registry.ts'
export { startUpstreamRegistry } from './upstream-registry.ts'
export type { TestWeb } from './web.ts'
export { startTestWeb } from './web.ts'
