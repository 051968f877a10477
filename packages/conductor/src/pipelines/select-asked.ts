import { type GitRevision, type TriggerRequest, toldBranch } from '@rondo/model'
import { selectFromPlan } from '../decisions/select-from-plan.ts'
import { unknownApprovals } from '../decisions/unknown-approvals.ts'
import type { ConfigCompilation } from './compile-config.ts'

/** The same compilation with the part of its plan that was asked for; with the reason when what was asked for is not in it. */
export function selectAsked(
  compiled: ConfigCompilation,
  { only, approvals = [] }: Pick<TriggerRequest, 'only' | 'approvals'>,
  git: GitRevision,
): ConfigCompilation {
  const { plan } = compiled.config
  if (plan === null) return compiled
  const part = only === undefined ? { plan } : selectFromPlan(plan, only)
  if ('problem' in part) return refused(compiled, part.problem)
  const problem = unknownApprovals(part.plan, approvals, { branch: toldBranch(git), tag: git.tag })
  return problem === undefined
    ? { ...compiled, config: { ...compiled.config, plan: part.plan } }
    : refused(compiled, problem)
}

function refused(compiled: ConfigCompilation, message: string): ConfigCompilation {
  return { ...compiled, config: { ...compiled.config, plan: null }, errors: [{ type: 'config', message }] }
}
