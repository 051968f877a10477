/** What tests share: the whole product as a stack of real processes, and what this machine offers to run it on. */
export { bubblewrapWorks, chromiumPath, dockerAnswers, imagePresent } from './capabilities.ts'
export type { JobView, Stack, StackOptions } from './stack.ts'
export { startStack } from './stack.ts'
