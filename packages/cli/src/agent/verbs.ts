import type { AgentView, DirectedAgentView } from '@rondo/protocol'
import { type RestClient, restClientOf } from '../client/rest-client.ts'
import { CallError, jsonFlag, type Verb, type VerbCall } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { serverFlags } from '../registry/server.ts'
import { startVerb } from './start.ts'
import { agentTokenVerbs } from './token-verbs.ts'

const flags = { ...serverFlags, ...jsonFlag }

const listVerb: Verb = {
  name: 'list',
  usage: 'rondo agent list',
  summary: 'the machines that run tasks, and how each stands',
  flags,
  async run(call) {
    const agents = await listAgents(restClientOf(call))
    if (call.given('json')) printJson(agents)
    else if (agents.length === 0)
      process.stdout.write('No agent has joined. `rondo agent token create NAME` makes a token for one.\n')
    else for (const agent of agents) print(agent)
    return 0
  },
}

const drainVerb: Verb = {
  name: 'drain',
  usage: 'rondo agent drain NAME',
  summary: 'let an agent finish what it runs and take nothing new, until it is told to resume',
  flags,
  run: (call) => direct(call, 'drain'),
}

const resumeVerb: Verb = {
  name: 'resume',
  usage: 'rondo agent resume NAME',
  summary: 'let a drained agent take tasks again',
  flags,
  run: (call) => direct(call, 'resume'),
}

/** What `rondo agent` does. */
export const agentVerbs: readonly Verb[] = [startVerb, listVerb, drainVerb, resumeVerb, ...agentTokenVerbs]

async function direct(call: VerbCall, verb: 'drain' | 'resume'): Promise<number> {
  const [name] = call.arguments
  if (name === undefined) throw new CallError(`Name the agent to ${verb}; \`rondo agent list\` shows them.`)
  const client = restClientOf(call)
  const agents = await listAgents(client)
  const found = agents.find((agent) => agent.name === name || agent.id === name)
  if (found === undefined)
    throw new CallError(
      `There is no agent ${name}. There ${agents.length === 1 ? 'is' : 'are'}: ${agents.map((agent) => agent.name).join(', ') || 'none'}.`,
      1,
    )
  const agent = await client.call<AnsweredAgent & Partial<Pick<DirectedAgentView, 'ending'>>>(
    'POST',
    `/api/private/agents/${found.id}/${verb}`,
  )
  if (call.given('json')) printJson(agent)
  else {
    print(agent)
    if (agent.ending !== undefined && agent.ending.length > 0) process.stdout.write(`  ${endingText(agent.ending)}\n`)
  }
  return 0
}

/** What a drained agent kept for people who may be in it now. */
function endingText(ending: DirectedAgentView['ending']): string {
  const jobs = ending.map(
    ({ projectSlug, jobName, slice }) => `${projectSlug} ${jobName}${slice === 0 ? '' : `, slice ${slice}`}`,
  )
  return ending.length === 1
    ? `1 environment of a failed job, kept for its owner, ends now: ${jobs[0]}`
    : `${ending.length} environments of failed jobs, kept for their owners, end now: ${jobs.join('; ')}`
}

async function listAgents(client: RestClient): Promise<readonly AnsweredAgent[]> {
  return (await client.call<{ agents: readonly AnsweredAgent[] }>('GET', '/api/private/agents')).agents
}

/** Servers of before know nothing of faults. */
type AnsweredAgent = Omit<AgentView, 'faults'> & Partial<Pick<AgentView, 'faults'>>

function print(agent: AnsweredAgent): void {
  process.stdout.write(`${agent.name}  ${agent.state}  ${agent.status}\n`)
  for (const fault of agent.faults ?? []) process.stdout.write(`  warning: ${fault}\n`)
}
