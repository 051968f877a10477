import { existsSync, readFileSync } from 'node:fs'
import { parseArgs, parseEnv } from 'node:util'
import { withoutParserAdvice } from '../parser-advice.ts'

export interface RunOptions {
  /** Workflow, job or `WORKFLOW/JOB`; all workflows without it. */
  readonly only: string | undefined
  readonly withRequired: boolean
  readonly parameters: Readonly<Record<string, string | number | boolean>>
  readonly environment: Readonly<Record<string, string>>
  readonly contexts: ReadonlyMap<string, Readonly<Record<string, string>>>
  /** Names of approval jobs, or `all`. */
  readonly approve: ReadonlySet<string>
  readonly branch: string | undefined
  /** Output of the steps that every job has, too. */
  readonly verbose: boolean
  /** Whether each line stands after the time at which it was printed. */
  readonly timestamps: boolean
  /** Folders of orbs to fill the registry of local runs from. */
  readonly orbs: readonly string[]
  /** Address of a server that shall run it instead of this machine. */
  readonly remote: string | undefined
  /** Slug of the project there. */
  readonly project: string | undefined
}

/** Reads the words after `rondo run`. Throws an Error whose message is for the user. */
export function readRunOptions(args: readonly string[], variables: NodeJS.ProcessEnv): RunOptions {
  const { values, positionals } = parse(args)
  if (positionals.length > 1)
    throw new Error(`One workflow or job can be named, not ${positionals.length}: ${positionals.join(' ')}.`)
  if (values.branch === '') throw new Error('--branch is empty. Give the name of a branch.')
  if (values.project !== undefined && values.remote === undefined)
    throw new Error(`--project ${values.project}: that is a project of a server. Give --remote URL as well.`)
  const files = values['env-file'].map((file) => readVariables(file))
  return {
    only: positionals[0],
    withRequired: values.needs,
    parameters: Object.fromEntries(values.param.map((text) => pair(text, '--param')).map(([k, v]) => [k, typed(v)])),
    environment: Object.assign({}, ...files, Object.fromEntries(values.env.map((text) => variable(text, variables)))),
    contexts: new Map(values.context.map(contextOf)),
    approve: new Set(values.approve.flatMap((names) => names.split(','))),
    branch: values.branch,
    verbose: values.verbose,
    timestamps: values.timestamps,
    orbs: values.orbs,
    remote: values.remote === undefined ? undefined : address(values.remote),
    project: values.project,
  }
}

/** Approval jobs that are named, as a run is asked for with them; absent when none is. */
export function approvalsOf({ approve }: RunOptions): { readonly approvals?: readonly string[] } {
  const names = [...approve].filter((name) => name !== 'all')
  return names.length === 0 ? {} : { approvals: names }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        needs: { type: 'boolean', default: false },
        param: { type: 'string', multiple: true, short: 'p', default: [] },
        env: { type: 'string', multiple: true, short: 'e', default: [] },
        'env-file': { type: 'string', multiple: true, default: [] },
        context: { type: 'string', multiple: true, default: [] },
        approve: { type: 'string', multiple: true, default: [] },
        branch: { type: 'string' },
        orbs: { type: 'string', multiple: true, default: [] },
        verbose: { type: 'boolean', short: 'v', default: false },
        timestamps: { type: 'boolean', short: 't', default: false },
        remote: { type: 'string' },
        project: { type: 'string' },
      },
    })
  } catch (error) {
    throw new Error(withoutParserAdvice(error))
  }
}

/** A server's address, without slashes at its end. */
function address(text: string): string {
  if (!/^https?:\/\/[^/]/.test(text))
    throw new Error(`--remote ${text}: give an address such as https://rondo.example.com.`)
  return text.replace(/\/+$/, '')
}

/** `NAME=FILE` takes the variables of a file; `NAME` alone is a context without any. */
function contextOf(text: string): [string, Record<string, string>] {
  const at = text.indexOf('=')
  return at < 0 ? [text, {}] : [text.slice(0, at), readVariables(text.slice(at + 1))]
}

function readVariables(file: string): Record<string, string> {
  if (!existsSync(file)) throw new Error(`There is no file ${file}. Give a file of lines NAME=value.`)
  return parseEnv(readFileSync(file, 'utf8')) as Record<string, string>
}

/** `NAME` alone takes the value that the variable has here. */
function variable(text: string, variables: NodeJS.ProcessEnv): [string, string] {
  if (text.includes('=')) return pair(text, '--env')
  const value = variables[text]
  if (value === undefined) throw new Error(`--env ${text}: there is no such variable here. Give --env ${text}=value.`)
  return [text, value]
}

function pair(text: string, option: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw new Error(`${option} ${text}: write ${option} NAME=value.`)
  return [text.slice(0, at), text.slice(at + 1)]
}

/** Parameters are text, unless they can be nothing but a number or a boolean. */
function typed(value: string): string | number | boolean {
  if (value === 'true' || value === 'false') return value === 'true'
  return /^-?\d{1,15}$/.test(value) ? Number(value) : value
}
