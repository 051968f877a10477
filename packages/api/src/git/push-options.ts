import type { PullRequests } from '@rondo/model'

export interface PushOptions {
  readonly pullRequests: PullRequests | undefined
  /** No pipelines are wanted. */
  readonly skip: boolean
  /** What is wrong with them, for the pusher to read; the push itself stands. */
  readonly problems: readonly string[]
}

const mostRequests = 20

/**
 * Reads `git push --push-option`: `pull-request=URL`, as often as there are such, `pull-request-user=LOGIN` and
 * `pull-request-repository=NAME`. Whatever mirrors a repository says them; jobs read them in `CIRCLE_PULL_REQUEST` and the like,
 * and nothing else follows from them. `ci.skip`, as other hosts of Git know it, asks for no pipelines.
 */
export function readPushOptions(said: readonly string[]): PushOptions {
  const problems: string[] = []
  const urls: string[] = []
  let skip = false
  const names: { user?: string; repository?: string } = {}
  for (const option of said) {
    const [, name = option, value = ''] = /^([^=]*)=(.*)$/s.exec(option) ?? []
    const problem = keep(name, value)
    if (problem !== undefined) problems.push(`The push option ${option.slice(0, 200)} is passed over: ${problem}.`)
  }
  return { pullRequests: urls.length === 0 ? undefined : { urls, ...names }, skip, problems: withRequest(problems) }

  function keep(name: string, value: string): string | undefined {
    switch (name) {
      case 'pull-request':
        if (!isAddress(value)) return 'it must be an http or https address without blanks and commas'
        if (urls.length === mostRequests) return `there are more than ${mostRequests} of them`
        if (!urls.includes(value)) urls.push(value)
        return undefined
      case 'pull-request-user':
      case 'pull-request-repository':
        if (!/^[\w.][\w. @-]{0,99}$/.test(value)) return 'it must be a name of letters, digits and . _ - @'
        names[name === 'pull-request-user' ? 'user' : 'repository'] = value
        return undefined
      case 'ci.skip':
        skip = true
        return undefined
      default:
        return 'known are ci.skip, pull-request, pull-request-user and pull-request-repository'
    }
  }

  function withRequest(found: readonly string[]): readonly string[] {
    if (urls.length > 0 || Object.keys(names).length === 0) return found
    return [...found, 'The push options name no pull request. Add --push-option pull-request=URL.']
  }
}

function isAddress(value: string): boolean {
  return value.length <= 2_000 && !/[\s,\p{Cc}]/u.test(value) && /^https?:\/\/\S/.test(value) && URL.canParse(value)
}
