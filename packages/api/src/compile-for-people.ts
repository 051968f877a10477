import type { CompileTurn, Problem } from '@rondo/conductor'
import { AppError, type PipelineValues, type Principal } from '@rondo/model'
import type { RoutePorts } from './http/route.ts'

/** What somebody wants to see compiled, as requests carry it. */
export interface CompileAsk {
  readonly source: string
  /** Id or slug of the organisation whose private orbs may be used; empty for none. */
  readonly owner: string
  /** By full name; values of parameters among them are left to `parameters`. */
  readonly values: Readonly<Record<string, unknown>>
  readonly parameters: Readonly<Record<string, unknown>>
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal
}

export interface CompileReply {
  readonly valid: boolean
  readonly errors: readonly { readonly message: string }[]
  /** What runs and may surprise its author. */
  readonly warnings: readonly { readonly message: string }[]
  readonly sourceYaml: string
  readonly outputYaml: string
}

/** Compiles a config for somebody to look at; nothing is stored and nothing runs. */
export async function compileForPeople(
  { access, compiler, secrets }: Pick<RoutePorts, 'access' | 'compiler' | 'secrets'>,
  asker: Principal,
  ask: CompileAsk,
): Promise<CompileReply> {
  const organization = ask.owner === '' ? undefined : await access.organization(asker, ask.owner, 'view')
  const contexts = organization === undefined ? undefined : await secrets.contextsOf(organization.id)
  const answer = await compiler.compile(
    {
      source: ask.source,
      pipelineValues: plainValues(ask.values),
      pipelineParameters: ask.parameters,
      organizationId: organization?.id ?? null,
      ...(contexts === undefined ? {} : { contexts: contexts.map(({ name }) => name) }),
    },
    turnOf(asker, ask),
  )
  return reply(ask.source, answer.problems, answer.output ?? '')
}

/** Checks an orb; what is shown is its source below the orbs that were resolved for it. */
export async function checkOrbForPeople(
  { access, compiler }: Pick<RoutePorts, 'access' | 'compiler'>,
  asker: Principal,
  ask: Pick<CompileAsk, 'source' | 'owner' | 'signal'>,
): Promise<CompileReply> {
  const organization = ask.owner === '' ? undefined : await access.organization(asker, ask.owner, 'view')
  const check = await compiler.checkOrb(
    { source: ask.source, organizationId: organization?.id ?? null },
    turnOf(asker, ask),
  )
  const header = check.imports.map(({ reference, resolved }) => `# Orb '${reference}' resolved to '${resolved}'\n`)
  return reply(ask.source, check.problems, header.join('') + ask.source)
}

/** People wait behind what they asked for themselves, never behind others, nor do pushes wait behind them. */
function turnOf(asker: Principal, { signal }: Pick<CompileAsk, 'signal'>): CompileTurn {
  if (asker.kind === 'user') return { asker: `user ${asker.user.id}`, signal }
  return { asker: `project ${asker.kind === 'project' ? asker.token.projectId : asker.projectId}`, signal }
}

function reply(source: string, problems: readonly Problem[], output: string): CompileReply {
  const told = (severity: Problem['severity']) =>
    problems.filter((problem) => problem.severity === severity).map(({ text }) => ({ message: text }))
  const errors = told('error')
  const valid = errors.length === 0
  return { valid, errors, warnings: told('warning'), sourceYaml: source, outputYaml: valid ? output : '' }
}

function plainValues(values: Readonly<Record<string, unknown>>): PipelineValues {
  const plain: Record<string, string | number | boolean | null> = {}
  for (const [name, value] of Object.entries(values)) {
    if (name.startsWith('pipeline.parameters.')) continue
    if (value !== null && !['string', 'number', 'boolean'].includes(typeof value))
      throw new AppError(
        'bad-request',
        `The pipeline value ${name.slice(0, 100)} must be a text, a number, true or false.`,
      )
    plain[name] = value as string | number | boolean | null
  }
  return plain
}
