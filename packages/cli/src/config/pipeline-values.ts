import { didYouMeanPipelineValue, isKnownPipelineValue, pipelineValueType } from '@rondo/config'
import type { PipelineValues } from '@rondo/model'
import { CallError, type Flag, type VerbCall } from '../noun.ts'
import { readWorkingCopy, type WorkingCopy } from './working-copy.ts'

/** Flags that say which pipeline a config is compiled for. */
export const valueFlags: Readonly<Record<string, Flag>> = {
  branch: { type: 'string', value: 'NAME', help: 'compile as on this branch, instead of the one checked out' },
  tag: { type: 'string', value: 'NAME', help: 'compile as on this tag' },
  revision: { type: 'string', value: 'SHA', help: 'compile as at this commit' },
  value: {
    type: 'string',
    multiple: true,
    value: 'NAME=VALUE',
    help: 'a pipeline value, such as pipeline.trigger_source=api',
  },
}

const nowhere: WorkingCopy = {
  branch: 'main',
  tag: '',
  revision: '',
  defaultBranch: '',
  subject: '',
  body: '',
  author: '',
  url: '',
}

/** Of pipelines that nobody triggered. */
const noTime = '2020-01-01T00:00:00Z'

/** Values of `pipeline.*` (semantics 8): of a push of what is checked out where the config is, unless flags say otherwise. */
export function valuesOf(call: VerbCall, file: string): PipelineValues {
  const [branch, tag] = [call.text('branch'), call.text('tag')]
  if (branch !== undefined && tag !== undefined) throw new CallError('Say --branch or --tag, not both.')
  const here = readWorkingCopy(file) ?? nowhere
  return {
    ...valuesAt({
      ...here,
      ...(branch === undefined ? {} : { branch, tag: '' }),
      ...(tag === undefined ? {} : { branch: '', tag }),
      revision: call.text('revision') ?? here.revision,
    }),
    ...Object.fromEntries(call.texts('value').map(readValue)),
  }
}

function valuesAt({ branch, tag, revision, defaultBranch, subject, body, author, url }: WorkingCopy): PipelineValues {
  const [owner = '', repository = ''] = url.split('/').slice(-2)
  const type = /bitbucket/.test(url) ? 'bitbucket' : /gitlab/.test(url) ? 'gitlab' : 'github'
  return {
    'pipeline.id': '00000000-0000-0000-0000-000000000001',
    'pipeline.number': 1,
    'pipeline.project.type': type,
    'pipeline.project.git_url': url,
    'pipeline.project.slug':
      url === '' ? '' : `${{ github: 'gh', bitbucket: 'bb', gitlab: 'gl' }[type]}/${owner}/${repository}`,
    'pipeline.integration_source': type,
    'pipeline.git.branch': branch,
    'pipeline.git.branch.is_default': branch !== '' && branch === defaultBranch,
    'pipeline.git.tag': tag,
    'pipeline.git.revision': revision,
    'pipeline.git.base_revision': revision,
    'pipeline.git.repo_url': url,
    'pipeline.git.repo_owner': owner,
    'pipeline.git.repo_name': repository,
    'pipeline.git.commit.subject': subject,
    'pipeline.git.commit.body': body,
    'pipeline.git.commit.author_login': author,
    'pipeline.trigger_source': 'webhook',
    'pipeline.trigger.type': 'github_oauth',
    'pipeline.trigger.received_at': noTime,
    'pipeline.event.name': 'push',
    'pipeline.event.action': 'push',
    ...eventValues(revision),
  }
}

/** What an event of the older integrations would bring, where configs compare with it or need its type (semantics 8). */
function eventValues(revision: string): PipelineValues {
  const [circleci, app, gitlab] = ['circleci', 'github_app', 'gitlab'].map(
    (name) => `pipeline.trigger_parameters.${name}`,
  )
  return {
    [`${circleci}.trigger_type`]: 'github_app',
    [`${circleci}.event_type`]: 'push',
    [`${circleci}.event_time`]: noTime,
    [`${app}.branch`]: 'main',
    [`${app}.ref`]: 'refs/heads/master',
    [`${app}.checkout_sha`]: revision,
    [`${app}.commit_sha`]: revision,
    [`${app}.commit_timestamp`]: noTime,
    [`${app}.total_commits_count`]: 1,
    [`${gitlab}.commit_sha`]: revision,
    [`${gitlab}.default_branch`]: 'main',
    [`${gitlab}.is_fork_merge_request`]: false,
    'pipeline.event.github.after': revision,
    'pipeline.event.github.pull_request.number': 1,
    'pipeline.event.github.pull_request.draft': false,
    'pipeline.event.github.pull_request.merged': false,
  }
}

function readValue(text: string): [string, string | number | boolean] {
  const at = text.indexOf('=')
  const given = at < 1 ? '' : text.slice(0, at)
  const name = given === '' || given.startsWith('pipeline.') ? given : `pipeline.${given}`
  if (name === '') throw new CallError(`--value ${text}: write --value NAME=VALUE.`)
  if (name.startsWith('pipeline.parameters.'))
    throw new CallError(`--value ${text}: parameters are given with --pipeline-parameters.`)
  if (!isKnownPipelineValue(name)) {
    const guess = didYouMeanPipelineValue(name)
    throw new CallError(`--value ${text}: there is no pipeline value ${name}.${guess === undefined ? '' : ` ${guess}`}`)
  }
  return [name, typedValue(name, text.slice(at + 1), text)]
}

function typedValue(name: string, value: string, given: string): string | number | boolean {
  const type = pipelineValueType(name)
  if (type === 'string') return value
  if (type === 'boolean' && /^(?:true|false)$/.test(value)) return value === 'true'
  if (type === 'integer' && /^\d{1,15}$/.test(value)) return Number(value)
  throw new CallError(
    `--value ${given}: ${name} is ${type === 'boolean' ? 'true or false' : 'a whole number'}, not "${value}".`,
  )
}
