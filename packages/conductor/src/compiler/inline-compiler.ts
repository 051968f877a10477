import type { OrbLookup } from '@rondo/model'
import type { Compiler } from './compiler.ts'
import { type Work, type WorkAnswer, work } from './work.ts'

/** Compiles on the calling thread, for configs their own author compiles: the command line, and tests. */
export function createInlineCompiler(orbs?: OrbLookup): Compiler {
  async function run(task: Work): Promise<WorkAnswer> {
    const steps = work(task)
    let step = steps.next()
    while (!step.done) {
      const contents = (await orbs?.resolve(step.value, task.organizationId)) ?? step.value.map(() => undefined)
      step = steps.next(contents)
    }
    return step.value
  }
  return {
    compile: (request) => run({ kind: 'config', ...request }),
    checkOrb: async (request) => {
      const { problems, imports } = await run({ kind: 'orb', ...request })
      return { problems, imports }
    },
    close: async () => {},
  }
}
