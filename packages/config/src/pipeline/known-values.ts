import { nearest } from '../did-you-mean.ts'

/**
 * The pipeline values that exist (semantics 8), and four that only the tools of the older product name. A value in this list that a pipeline does not have is empty; a name
 * outside of it is a mistake.
 */
const names = new Set(
  `id number name definition.id project.git_url project.type project.slug integration_source
  git.tag git.branch git.branch.is_default git.revision git.base_revision git.repo_url git.repo_owner git.repo_name git.repo_id
  git.commit.url git.commit.subject git.commit.body git.commit.author_login
  git.commit.author_name git.commit.author_email git.commit.author_avatar_url trigger.name
  config.repository.name config.repository.url config.file_path config.ref config.sha
  trigger.received_at trigger.id trigger.type trigger_source schedule.name schedule.id event.name event.action
  event.context.github.pr_url`
    .split(/\s+/)
    .map((name) => `pipeline.${name}`),
)

/** Families that carry a payload of the event, whose members depend on the source. */
const families = ['pipeline.event.github.', 'pipeline.trigger_parameters.', 'pipeline.deploy.']

export function isKnownPipelineValue(name: string): boolean {
  return names.has(name) || families.some((family) => name.startsWith(family))
}

const integers = new Set([
  'pipeline.number',
  'pipeline.event.github.pull_request.number',
  'pipeline.trigger_parameters.github_app.total_commits_count',
])
const booleans = new Set([
  'pipeline.git.branch.is_default',
  'pipeline.event.github.pull_request.draft',
  'pipeline.event.github.pull_request.merged',
  'pipeline.trigger_parameters.gitlab.is_fork_merge_request',
])

export function pipelineValueType(name: string): 'string' | 'integer' | 'boolean' {
  return integers.has(name) ? 'integer' : booleans.has(name) ? 'boolean' : 'string'
}

/** Values a pipeline has not rather than has as an empty text, as on a tag it has no branch (semantics 6.2, 8). */
const neverEmpty = new Set(
  'git.branch git.tag git.base_revision schedule.name schedule.id'.split(' ').map((name) => `pipeline.${name}`),
)

/** The value as expressions see it: null is none, and false. */
export function presentValue(
  name: string,
  value: string | number | boolean | null | undefined,
): string | number | boolean | null {
  return value === undefined || (value === '' && neverEmpty.has(name)) ? null : value
}

export function knownPipelineValues(): Iterable<string> {
  return names
}

/** `Did you mean '…'?` for the nearest pipeline value or parameter, by what differs between them: not the prefix. */
export function didYouMeanPipelineValue(name: string, parameters: Iterable<string> = []): string | undefined {
  const candidates = [...names, ...[...parameters].map((parameter) => `pipeline.parameters.${parameter}`)]
  const prefix = ['pipeline.parameters.', 'pipeline.'].find((start) => name.startsWith(start)) ?? ''
  const members = candidates.filter((one) => one.startsWith(prefix)).map((one) => one.slice(prefix.length))
  const member = name.slice(prefix.length, prefix.length + 100)
  // A value without the family it belongs to: `pipeline.branch`.
  const found = members.find((one) => one.endsWith(`.${member}`)) ?? nearest(member, members)
  return found === undefined ? undefined : `Did you mean '${prefix}${found}'?`
}
