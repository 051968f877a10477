import type { AgentTokenView, NewAgentTokenView } from '@rondo/protocol'
import { type RestClient, restClientOf } from '../client/rest-client.ts'
import { CallError, jsonFlag, type Verb, type VerbCall } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { serverFlags } from '../registry/server.ts'

const path = '/api/private/agent-tokens'
const flags = { ...serverFlags, ...jsonFlag }

const createVerb: Verb = {
  name: 'token create',
  usage: 'rondo agent token create NAME',
  summary: 'make a token for the agent NAME, which need not exist yet; it is printed once, and kept nowhere',
  most: 1,
  flags: {
    join: {
      type: 'boolean',
      help: 'a joining token instead: any machine that starts an agent with it becomes an agent of its own, named after its host',
    },
    days: { type: 'string', value: 'N', help: 'with --join: for how many days machines may join' },
    uses: {
      type: 'string',
      value: 'N',
      help: 'with --join: how many machines may join; 1 for one that is being set up',
    },
    ...flags,
  },
  async run(call) {
    const name = required(call, 'Name the agent, as `rondo agent list` is to show it.')
    const [days, uses] = [call.text('days'), call.text('uses')]
    const made = await restClientOf(call).call<NewAgentTokenView>('POST', path, {
      name,
      kind: call.given('join') ? 'join' : 'agent',
      ...(days === undefined ? {} : { days: Number(days) }),
      ...(uses === undefined ? {} : { uses: Number(uses) }),
    })
    if (call.given('json')) printJson(made)
    else {
      process.stdout.write(`${made.token}\n`)
      process.stderr.write(
        'Nobody sees it again: put it into a file that only the agent can read, and name that as RONDO_AGENT_TOKEN_FILE.\n',
      )
    }
    return 0
  },
}

const listVerb: Verb = {
  name: 'token list',
  usage: 'rondo agent token list',
  summary: 'the tokens that count: whose they are, who made them, and when each was used last',
  most: 0,
  flags,
  async run(call) {
    const tokens = await listTokens(restClientOf(call))
    if (call.given('json')) printJson(tokens)
    else for (const token of tokens) process.stdout.write(`${describe(token)}\n`)
    return 0
  },
}

const revokeVerb: Verb = {
  name: 'token revoke',
  usage: 'rondo agent token revoke NAME',
  summary:
    'end all tokens of the agent or joining token NAME, or the one of this id: an agent without any is refused, and its jobs end there',
  most: 1,
  flags: {
    joined: { type: 'boolean', help: 'of a joining token: also the tokens of all agents that joined by it' },
    ...flags,
  },
  async run(call) {
    const wanted = required(call, 'Name the agent or the token; `rondo agent token list` shows them.')
    const client = restClientOf(call)
    const found = (await listTokens(client)).filter(({ id, name }) => id === wanted || name === wanted)
    if (found.length === 0)
      throw new CallError(`There is no agent token ${wanted}. \`rondo agent token list\` shows those there are.`, 1)
    const revoked: AgentTokenView[] = []
    for (const { id } of found)
      revoked.push(await client.call<AgentTokenView>('POST', `${path}/${id}/revoke`, { joined: call.given('joined') }))
    if (call.given('json')) printJson(revoked)
    else for (const token of revoked) process.stdout.write(`revoked  ${describe(token)}\n`)
    return 0
  },
}

/** What `rondo agent token` does. */
export const agentTokenVerbs: readonly Verb[] = [createVerb, listVerb, revokeVerb]

function required(call: VerbCall, otherwise: string): string {
  const [word] = call.arguments
  if (word === undefined) throw new CallError(otherwise)
  return word
}

async function listTokens(client: RestClient): Promise<readonly AgentTokenView[]> {
  return (await client.call<{ tokens: readonly AgentTokenView[] }>('GET', path)).tokens
}

const kinds = { local: "the server's own machine", agent: 'agent', join: 'for joining' } as const

function describe(token: AgentTokenView): string {
  const { id, kind, name, createdAt, createdBy, joinedBy, lastUsedAt, expiresAt, usesLeft } = token
  const maker = joinedBy === null ? (createdBy === null ? '' : ` by ${createdBy}`) : `, joined by ${joinedBy}`
  return [
    name,
    kinds[kind],
    `made ${day(createdAt)}${maker}`,
    lastUsedAt === null ? 'never used' : `used ${day(lastUsedAt)}`,
    ...(expiresAt === null ? [] : [`until ${day(expiresAt)}`]),
    ...(usesLeft === null ? [] : [usesLeft === 0 ? 'used up' : `lets in ${usesLeft} more`]),
    id,
  ].join('  ')
}

const day = (time: string) => `${time.slice(0, 16).replace('T', ' ')} UTC`
