import type { PlanSelection } from '@rondo/model'
import { selectFromPlan } from '../decisions/select-from-plan.ts'
import type { ConfigCompilation } from './compile-config.ts'

/** The same compilation with a part of its plan; with the reason when there is no such part. */
export function selectOnly(compiled: ConfigCompilation, only: PlanSelection): ConfigCompilation {
  const { plan } = compiled.config
  if (plan === null) return compiled
  const part = selectFromPlan(plan, only)
  if ('plan' in part) return { ...compiled, config: { ...compiled.config, plan: part.plan } }
  return {
    ...compiled,
    config: { ...compiled.config, plan: null },
    errors: [{ type: 'config', message: part.problem }],
  }
}
