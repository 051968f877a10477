import type { GitRevision, OrbLookup, PipelineError, PlanSelection } from '@rondo/model'
import { createInlineCompiler } from '../compiler/inline-compiler.ts'
import { compileConfig } from './compile-config.ts'
import { pipelineValues } from './pipeline-values.ts'
import { selectAsked } from './select-asked.ts'

export interface RunCheck {
  readonly source: string
  /** Name of the file in messages. */
  readonly file: string
  readonly git: GitRevision
  readonly project: Parameters<typeof pipelineValues>[0]['project']
  readonly parameters: Readonly<Record<string, unknown>>
  readonly contexts: readonly string[]
  readonly only?: PlanSelection
  /** Approval jobs that shall be approved beforehand. */
  readonly approvals?: readonly string[]
  readonly now: Date
}

const nobody = '00000000-0000-0000-0000-000000000000'

/**
 * Why a config would make no pipeline, as `UserActions.trigger` would say it, found without a server. Empty when nothing is
 * wrong, and when an orb is needed: only a registry knows what is in it.
 */
export async function checkRun(check: RunCheck): Promise<readonly PipelineError[]> {
  const { source, file, git, project, parameters, contexts } = check
  let orbsNeeded = false
  const orbs: OrbLookup = {
    async resolve(requests) {
      orbsNeeded = true
      return requests.map(() => undefined)
    },
  }
  const values = pipelineValues({
    id: nobody,
    number: 1,
    project,
    git,
    trigger: 'api',
    baseRevision: '',
    publicUrl: '',
    receivedAt: check.now,
  })
  const options = { file, values, parameters, contexts, organizationId: nobody }
  const compiled = await compileConfig(createInlineCompiler(orbs), source, options)
  if (orbsNeeded) return []
  return selectAsked(compiled, check, git).errors
}
