import type { CompileAnswer, Problem } from '@rondo/conductor'
import type { PipelineValues } from '@rondo/model'
import { notOurs, restClientOf } from '../client/rest-client.ts'
import { CallError, type Flag, type VerbCall } from '../noun.ts'
import { listOf, objectOf, text, yesNo } from '../registry/answer-shape.ts'

/** Flags that say for whose config it is; the second and third as the official program calls them. */
export const organizationFlags: Readonly<Record<'org' | 'org-slug' | 'org-id', Flag>> = {
  org: {
    type: 'string',
    value: 'SLUG|ID',
    help: "compile on the server, by this organization's rules for orbs and its contexts",
  },
  'org-slug': { type: 'string', short: 'o', value: 'SLUG', help: 'the same, by its slug: gh/acme' },
  'org-id': { type: 'string', value: 'ID', help: 'the same, by its id' },
}

/** The organization a call names, as the server knows it; undefined when it names none. */
export function organizationOf(call: VerbCall): string | undefined {
  const given = ['org', 'org-slug', 'org-id'].flatMap((flag) => call.text(flag) ?? [])
  if (given.length > 1) throw new CallError('Say --org, --org-slug or --org-id, one of them.')
  const [one] = given
  if (one === undefined) return undefined
  if (call.text('orbs') !== undefined)
    throw new CallError('--orbs compiles without a server, and --org asks one. Say one of them.')
  if (/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(one)) return one
  if (call.text('org-id') !== undefined)
    throw new CallError(`"${one}" is no id of an organization. Give its slug with --org.`)
  const [host, name] = one.includes('/') ? one.split('/', 2) : ['gh', one]
  return `${{ github: 'gh', bitbucket: 'bb' }[host!] ?? host}/${name}`
}

export interface ServerAsk {
  readonly organization: string
  /** What the file is called in messages. */
  readonly file: string
  readonly source: string
  readonly values: PipelineValues
  readonly parameters: Readonly<Record<string, unknown>>
}

const messages = listOf(objectOf({ message: text }))
const replyShape = objectOf({ valid: yesNo, 'output-yaml': text, errors: messages, warnings: messages })

/** Compiles a config where the organization is known. The plan stays there. */
export async function compileOnServer(call: VerbCall, ask: ServerAsk): Promise<CompileAnswer> {
  const { organization, source, values, parameters } = ask
  const client = restClientOf(call)
  const reply = await client.call<unknown>('POST', '/api/v2/compile-config-with-defaults', {
    config_yaml: source,
    options: { owner_id: organization, pipeline_values: values, pipeline_parameters: parameters },
  })
  if (!replyShape(reply)) throw notOurs(client.url)
  return {
    plan: undefined,
    output: reply.valid ? reply['output-yaml'] : undefined,
    parameters: {},
    problems: [
      ...reply.errors.map(({ message }) => readProblem(message, 'error', ask)),
      ...reply.warnings.map(({ message }) => readProblem(message, 'warning', ask)),
    ],
  }
}

/** A problem out of its text, whose first line is `config.yml:7:9: error: what is wrong [code]`. */
function readProblem(text: string, severity: Problem['severity'], { file, source }: ServerAsk): Problem {
  const first = /^(.+?):(\d+):(\d+): (?:error|warning): ([\s\S]*?) \[([a-z-]+)\]$/m.exec(text)
  const hint = /^ {2}hint: (.*)$/m.exec(text)?.[1]
  const own = first?.[1] === 'config.yml'
  const start = own ? offsetOf(source, Number(first[2]), Number(first[3])) : 0
  return {
    code: (first?.[5] ?? 'internal') as Problem['code'],
    severity,
    span: { file: own ? file : (first?.[1] ?? file), start, end: start + 1 },
    message: first?.[4] ?? text,
    ...(hint === undefined ? {} : { hint }),
    text: own ? `${file}${text.slice('config.yml'.length)}` : text,
  }
}

function offsetOf(source: string, line: number, column: number): number {
  const before = source.split('\n').slice(0, line - 1)
  return before.reduce((sum, text) => sum + text.length + 1, 0) + column - 1
}
