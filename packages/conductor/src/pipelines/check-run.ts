import { type GitRevision, type OrbLookup, type PipelineError, type PlanSelection, toldBranch } from '@rondo/model'
import { createInlineCompiler } from '../compiler/inline-compiler.ts'
import { jobsBoundToFail } from '../decisions/jobs-bound-to-fail.ts'
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

export interface RunFindings {
  /** Why it would make no pipeline, as `UserActions.trigger` would say it. */
  readonly errors: readonly PipelineError[]
  /** Sentences about what would run and cannot pass. */
  readonly warnings: readonly string[]
}

/** What can be said of a run without a server. Nothing when an orb is needed: only a registry knows what is in it. */
export async function checkRun(check: RunCheck): Promise<RunFindings> {
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
  if (orbsNeeded) return { errors: [], warnings: [] }
  const { errors, config } = selectAsked(compiled, check, git)
  return {
    errors,
    warnings: config.plan === null ? [] : jobsBoundToFail(config.plan, { branch: toldBranch(git), tag: git.tag }),
  }
}
