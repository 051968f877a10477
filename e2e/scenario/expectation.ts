/** What must be seen of one job. Texts between slashes are regular expressions; others must occur as they are. */
export interface JobExpectation {
  readonly status: string
  /** Results by step name. */
  readonly steps?: Readonly<Record<string, string>>
  /** Steps that must not have run. */
  readonly skipped?: readonly string[]
  /** Texts in the output of a step, by its name; slices of a parallel job count as one. */
  readonly output?: Readonly<Record<string, readonly string[]>>
  /** Texts that must not be in the output of a step. */
  readonly hidden?: Readonly<Record<string, readonly string[]>>
  /** Exactly these paths, with a text each holds. */
  readonly artifacts?: Readonly<Record<string, string>>
  /** Exactly these test results, as `classname name: result`. */
  readonly tests?: readonly string[]
  /** A text in the job's message. */
  readonly message?: string
}

export interface WorkflowExpectation {
  readonly status: string
  /** All jobs; a job is its status, or more. */
  readonly jobs: Readonly<Record<string, string | JobExpectation>>
}

/** Something a person does while the pipeline runs. `in` names a workflow as `workflows` does. */
export type Action =
  | { readonly approve: string; readonly in: string }
  /** Cancels a workflow, or one job of it, once a job's step has printed a text. */
  | { readonly cancel: string; readonly in: string; readonly once: { readonly job: string; readonly prints: string } }
  /** Reruns an ended workflow: `all` of it, or from `failed`. */
  | { readonly rerun: 'all' | 'failed'; readonly in: string }

/** A request and what its answer holds; the path may name {project}, {pipeline}, {workflow NAME} and {job NAME}. */
export interface Answer {
  readonly get: string
  /** Objects hold at least these keys, lists at least these items. */
  readonly holds: unknown
}

/** One pipeline: how it comes to be, what is done to it, and what must have become of it. */
export interface Run {
  /** Branch to push; default main. */
  readonly branch?: string
  /** Said with `--push-option`. */
  readonly say?: readonly string[]
  /** Tag to push. */
  readonly tag?: string
  /** Given: the pipeline is triggered by the API with these, on what was pushed before. */
  readonly parameters?: Readonly<Record<string, unknown>>
  /** Files that this commit changes, by path. */
  readonly change?: Readonly<Record<string, string>>
  readonly commit?: string
  readonly do?: readonly Action[]
  /** State of the pipeline; default `created`; `none`: the push makes no pipeline. */
  readonly state?: string
  /** A text in the pipeline's errors. */
  readonly error?: string
  /** All workflows in full. The second of a name is called `NAME (2)`. */
  readonly workflows?: Readonly<Record<string, WorkflowExpectation>>
  readonly answers?: readonly Answer[]
}

export interface Expectation extends Run {
  /** One sentence, with the ids of the requirements it proves at the end. */
  readonly title: string
  /** Variables of the project. */
  readonly variables?: Readonly<Record<string, string>>
  /** Contexts of the organisation with their variables. */
  readonly contexts?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Several pipelines, one after the other; without it, the scenario is its only run. */
  readonly runs?: readonly Run[]
}

const runKeys = [
  'branch',
  'say',
  'tag',
  'parameters',
  'change',
  'commit',
  'do',
  'state',
  'error',
  'workflows',
  'answers',
]
const known = {
  expectation: [...runKeys, 'title', 'variables', 'contexts', 'runs'],
  run: runKeys,
  action: ['approve', 'cancel', 'rerun', 'in', 'once'],
  answer: ['get', 'holds'],
  workflow: ['status', 'jobs'],
  job: ['status', 'steps', 'skipped', 'output', 'hidden', 'artifacts', 'tests', 'message'],
}

/** A misspelt key would expect nothing, and pass; so it is refused. */
export function checkExpectation(where: string, expectation: Expectation): Expectation {
  const check = (value: object, keys: readonly string[], what: string) => {
    for (const key of Object.keys(value))
      if (!keys.includes(key)) throw new Error(`${where}: ${what} has no key "${key}"; it may have ${keys.join(', ')}`)
  }
  check(expectation, known.expectation, 'a scenario')
  if (typeof expectation.title !== 'string') throw new Error(`${where}: the scenario has no title`)
  for (const run of runsOf(expectation)) {
    if (run !== expectation) check(run, known.run, 'a run')
    if (run.workflows === undefined && run.state !== 'none' && run.state !== 'errored')
      throw new Error(`${where}: a run expects no workflows`)
    for (const action of run.do ?? []) check(action, known.action, 'an action')
    for (const answer of run.answers ?? []) check(answer, known.answer, 'an answer')
    for (const [name, workflow] of Object.entries(run.workflows ?? {})) {
      check(workflow, known.workflow, `workflow ${name}`)
      for (const [jobName, job] of Object.entries(workflow.jobs))
        if (typeof job !== 'string') check(job, known.job, `job ${jobName}`)
    }
  }
  return expectation
}

export function runsOf(expectation: Expectation): readonly Run[] {
  return expectation.runs ?? [expectation]
}

/** Whether a text holds another, or matches it when that stands between slashes. */
export function holds(text: string, wanted: string): boolean {
  const pattern = /^\/(.*)\/([ims]*)$/s.exec(wanted)
  return pattern === null ? text.includes(wanted) : new RegExp(pattern[1] ?? '', pattern[2] || 'm').test(text)
}
