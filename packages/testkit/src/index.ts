/** What tests share: a database with builders of what lies in it, the whole product as a stack of real processes, and what this machine offers to run it on. */

export type { BuiltWorkflow, Household } from './builders.ts'
export { buildAgent, buildHousehold, buildJob, buildRevision, buildWorkflow, claimOne, claimQuery } from './builders.ts'
export { chromiumPath, dockerAnswers, imagePresent, sandboxWorks } from './capabilities.ts'
export type { TestDatabase } from './database.ts'
export { startTestDatabase } from './database.ts'
export type { TestEngine } from './engine.ts'
export { startTestEngine } from './engine.ts'
export type { JobView, Stack, StackOptions } from './stack.ts'
export { startStack } from './stack.ts'
export type { TestWeb } from './web.ts'
export { startTestWeb } from './web.ts'
