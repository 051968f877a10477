import { restClientOf } from '../client/rest-client.ts'
import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { serverFlags } from '../registry/server.ts'

/** `rondo hold PROJECT [on|off]`: whether the environments of a project's failed jobs stay for a while. */
export const holdVerb: Verb = {
  name: 'hold',
  usage: 'rondo hold PROJECT [on|off]',
  summary: 'whether failed jobs of a project stay for ten minutes, so that one can look into them',
  most: 2,
  flags: { ...serverFlags, ...jsonFlag },
  async run(call) {
    const [project, wanted] = call.arguments
    if (project === undefined) throw new CallError('Name the project, as in `rondo hold gh/ORG/REPO on`.')
    if (wanted !== undefined && wanted !== 'on' && wanted !== 'off')
      throw new CallError(`${wanted} is neither on nor off.`)
    const client = restClientOf(call)
    const path = `/api/private/holds?project=${encodeURIComponent(project)}`
    const answer = await (wanted === undefined
      ? client.call<{ hold: boolean }>('GET', path)
      : client.call<{ hold: boolean }>('POST', path, { hold: wanted === 'on' }))
    if (call.given('json')) printJson(answer)
    else process.stdout.write(`${sentence(project, answer.hold)}\n`)
    return 0
  },
}

function sentence(project: string, hold: boolean): string {
  return hold
    ? `Failed jobs of ${project} stay for ten minutes; \`rondo shell JOB\` opens a shell in one.`
    : `Failed jobs of ${project} end at once; \`rondo hold ${project} on\` keeps those to come.`
}
