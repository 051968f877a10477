import { AppError, type AttemptContext, type EnvironmentEntry, type TokenSigner } from '@rondo/model'
import { isForeign } from './attempt-trust.ts'

export interface IdentityTokenPorts {
  readonly signer: TokenSigner
  /** Address of the web server: whoever checks a token asks there for the keys. */
  readonly publicUrl: string
}

const lifeSeconds = 3_600
/** From which a trust policy tells the parts of a subject. */
const subjectWords: ReadonlySet<string> = new Set(['vcs-origin', 'vcs-ref', 'refs'])
const nobody = '00000000-0000-0000-0000-000000000000'

/** The two tokens that every job gets. Valid for an hour from the claim of its task; the same again after a restart. */
export async function identityTokens(
  ports: IdentityTokenPorts,
  context: AttemptContext,
  contextIds: readonly string[],
): Promise<readonly EnvironmentEntry[]> {
  if (isForeign(context)) return []
  const base = claimsOf(ports, { context, contextIds, issuedAt: context.claimedAt })
  const [first, second] = await Promise.all([
    ports.signer.sign({ ...base, sub: subjectOf(context) }),
    ports.signer.sign({ ...base, sub: `${subjectOf(context)}${originOf(ports, context)}` }),
  ])
  return [
    { name: 'CIRCLE_OIDC_TOKEN', value: first },
    { name: 'CIRCLE_OIDC_TOKEN_V2', value: second },
  ]
}

export interface TokenRequest {
  readonly context: AttemptContext
  readonly contextIds: readonly string[]
  /** Who is to accept it; without it the organisation's id. */
  readonly audience?: string | readonly string[]
  /** Names the installation as issuer, instead of the organisation. */
  readonly rootIssuer: boolean
  readonly now: Date
}

/** One more token, for a job that runs; in the form of `CIRCLE_OIDC_TOKEN_V2`. */
export async function mintToken(ports: IdentityTokenPorts, request: TokenRequest): Promise<string> {
  const { context, contextIds, audience, rootIssuer, now } = request
  if (isForeign(context))
    throw new AppError('forbidden', 'Jobs of pull requests from forks get no tokens in this project.')
  if (!context.open) throw new AppError('gone', 'The job has ended; it gets no tokens any more.')
  const claims = claimsOf(ports, { context, contextIds, issuedAt: now })
  return ports.signer.sign({
    ...claims,
    sub: `${subjectOf(context)}${originOf(ports, context)}`,
    ...(audience === undefined ? {} : { aud: audience }),
    ...(rootIssuer ? { iss: ports.publicUrl } : {}),
  })
}

interface ClaimParts extends Pick<TokenRequest, 'context' | 'contextIds'> {
  readonly issuedAt: Date
}

/** The names of CircleCI, which the trust policies of its users expect. */
function claimsOf(ports: IdentityTokenPorts, { context, contextIds, issuedAt }: ClaimParts) {
  const { identity, organizationId } = context
  const iat = Math.floor(issuedAt.getTime() / 1_000)
  return {
    iss: `${ports.publicUrl}/org/${organizationId}`,
    aud: organizationId,
    iat,
    exp: iat + lifeSeconds,
    'oidc.circleci.com/org-id': organizationId,
    'oidc.circleci.com/project-id': identity.projectId,
    'oidc.circleci.com/pipeline-id': identity.pipelineId,
    'oidc.circleci.com/workflow-id': identity.workflowId,
    'oidc.circleci.com/job-id': identity.jobId,
    'oidc.circleci.com/context-ids': contextIds,
    'oidc.circleci.com/vcs-origin': vcsOrigin(ports, context),
    'oidc.circleci.com/vcs-ref': vcsRef(context),
    'oidc.circleci.com/ssh-rerun': context.ssh,
  }
}

/** The user is who caused this run: whoever reruns what another one triggered does not borrow their name (row S-04). */
function subjectOf({ organizationId, identity, workflow }: AttemptContext): string {
  return `org/${organizationId}/project/${identity.projectId}/user/${workflow.startedBy ?? nobody}`
}

function originOf(ports: IdentityTokenPorts, context: AttemptContext): string {
  return `/vcs-origin/${vcsOrigin(ports, context)}/vcs-ref/${unmistakable(vcsRef(context))}`
}

/**
 * Trust policies match subjects by wildcards: `…/user/*` also takes up what looks like the end of another subject, were it part of
 * a branch's name (`x/vcs-origin/…/vcs-ref/refs/heads/main`). Names with such a part are written in one piece; all others stay
 * as they are, so that the policies of CircleCI's users hold.
 */
function unmistakable(ref: string): string {
  const [, place = '', name = ''] = /^(refs\/[^/]+\/)(.*)$/s.exec(ref) ?? []
  if (!name.split('/').some((part) => subjectWords.has(part.toLowerCase()))) return ref
  return `${place}${name.replaceAll('%', '%25').replaceAll('/', '%2F')}`
}

function vcsOrigin({ publicUrl }: IdentityTokenPorts, { organizationName, projectName }: AttemptContext): string {
  return `${new URL(publicUrl).host}/${organizationName}/${projectName}`
}

/** What a person runs from a folder is no branch's, whatever it is told: no policy for a branch may let it in. */
function vcsRef({ pipeline: { git } }: AttemptContext): string {
  if (git.asBranch !== undefined) return 'refs/rondo/runs'
  return git.branch === null ? `refs/tags/${git.tag ?? ''}` : `refs/heads/${git.branch}`
}
