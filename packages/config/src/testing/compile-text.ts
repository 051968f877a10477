import type { JobPlan, WorkflowPlan } from '@rondo/model'
import type { CompileOptions, CompileResult } from '../compile.ts'
import { compile } from '../compile.ts'

/** Compiles a text on branch `main`; for tests. */
export function compileText(source: string, options: Partial<CompileOptions> = {}): CompileResult {
  return compile(source, { pipelineValues: { 'pipeline.git.branch': 'main', 'pipeline.number': 7 }, ...options })
}

/** The only workflow of a config that must compile. */
export function workflowOf(source: string, options: Partial<CompileOptions> = {}): WorkflowPlan {
  const { plan, diagnostics } = compileText(source, options)
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return plan.workflows[0]!
}

/** A job of a config that must compile. */
export function jobOf(source: string, name = 'build', options: Partial<CompileOptions> = {}): JobPlan {
  const { plan, diagnostics } = compileText(source, options)
  if (plan === undefined) throw new Error(diagnostics.map(({ message }) => message).join('\n'))
  return plan.jobs[name]!
}

/** `code: message` of every error. */
export function errorsOf(source: string, options: Partial<CompileOptions> = {}): readonly string[] {
  const { diagnostics } = compileText(source, options)
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ code, message }) => `${code}: ${message}`)
}

/** A 2.1 config whose job `build` has these lines below it, on alpine. */
export function withSteps(steps: string, rest = ''): string {
  const indented = steps.replaceAll(/^/gm, '      ')
  return `version: 2.1\njobs:\n  build:\n    docker: [{image: alpine}]\n    steps:\n${indented}\n${rest}`
}
