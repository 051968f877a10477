/**
 * Where we accept what the published schema refuses, each with the reason and a repair that takes exactly that away.
 * A file is explained when its repaired form passes the schema.
 */

type Data = Record<string, unknown>

/** Changes the data in place; tells whether there was anything to repair. */
type Repair = (data: Data) => boolean

export const leniencies: Readonly<Record<string, Repair>> = {
  'classes of machines come and go, and runners have their own: which exist, the scheduler knows': (data) =>
    eachMap(data, ['jobs', 'executors'], (element) => remove(element, 'resource_class', () => true)),
  'an orb reference may hold a template, and labels of dev versions any character but blanks': (data) =>
    eachEntry(data.orbs, (orbs, key, value) => {
      if (typeof value !== 'string' || !/<<|@dev:/.test(value)) return false
      orbs[key] = 'ns/orb@1'
      return true
    }),
  "a config may leave 'jobs' empty when its workflows run jobs of orbs": (data) =>
    remove(data, 'jobs', (value) => value === null),
  'names of jobs with dots run in public (semantics 32)': (data) =>
    eachEntry(data.jobs, (jobs, key, value) => {
      if (/^[A-Za-z][A-Za-z\s\d_-]*$/.test(key)) return false
      delete jobs[key]
      jobs[key.replaceAll(/[^A-Za-z\s\d_-]/g, '-')] = value
      return true
    }),
  'keys of steps and jobs that once meant something are ignored with a warning (semantics 32)': (data) =>
    [
      eachStep(data, 'setup_remote_docker', (body) => remove(body, 'reusable', () => true)),
      eachStep(data, 'setup_remote_docker', (body) => remove(body, 'exclusive', () => true)),
      eachMap(data, ['jobs'], (job) => remove(job, 'name', () => true)),
    ].includes(true),
  "'when' of a step may be a parameter, which the schema knows as an enum of its own only": (data) =>
    eachStep(data, 'run', (body) => remove(body, 'when', isTemplate)),
  "'restore_cache' with 'key' and 'keys' tries 'key' first (semantics 14)": (data) =>
    eachStep(data, 'restore_cache', (body) => 'keys' in body && remove(body, 'key', () => true)),
  "an empty list of steps compiles, as the documentation's own example shows (semantics 12.1)": (data) =>
    eachMap(data, ['jobs'], (job) => {
      if (!Array.isArray(job.steps) || job.steps.length > 0) return false
      job.steps = ['checkout']
      return true
    }),
  "'paths' as one text is passed through (semantics 14)": (data) =>
    eachStep(data, 'persist_to_workspace', (body) => {
      if (typeof body.paths !== 'string') return false
      body.paths = [body.paths]
      return true
    }),
  'what is true or false may be a template': (data) =>
    eachMap(data, ['jobs'], (job) => remove(job, 'circleci_ip_ranges', isTemplate)),
  'a job that no kept workflow runs is not expanded, so that it may lack its environment (semantics 3)': (data) =>
    eachMap(data, ['jobs'], (job) => {
      if (['docker', 'machine', 'macos', 'executor', 'type'].some((key) => key in job)) return false
      job.docker = [{ image: 'a' }]
      job.steps = ['checkout']
      return true
    }),
  "an empty 'context' is none": (data) =>
    eachEntry(data.workflows, (_, __, workflow) => {
      const entries = isMap(workflow) && Array.isArray(workflow.jobs) ? workflow.jobs : []
      return entries
        .map((entry) => eachEntry(entry, (_, __, body) => isMap(body) && remove(body, 'context', isNull)))
        .includes(true)
    }),
}

function isMap(value: unknown): value is Data {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNull(value: unknown): boolean {
  return value === null
}

function isTemplate(value: unknown): boolean {
  return typeof value === 'string' && value.includes('<<')
}

function remove(map: Data, key: string, when: (value: unknown) => boolean): boolean {
  if (!(key in map) || !when(map[key])) return false
  delete map[key]
  return true
}

function eachEntry(value: unknown, repair: (map: Data, key: string, value: unknown) => boolean): boolean {
  if (!isMap(value)) return false
  return Object.entries(value)
    .map(([key, inner]) => repair(value, key, inner))
    .includes(true)
}

function eachMap(data: Data, sections: readonly string[], repair: Repair): boolean {
  return sections
    .map((section) => eachEntry(data[section], (_, __, element) => isMap(element) && repair(element)))
    .includes(true)
}

/** Every step of a kind, however deep. */
function eachStep(value: unknown, step: string, repair: Repair): boolean {
  if (Array.isArray(value)) return value.map((item) => eachStep(item, step, repair)).includes(true)
  if (!isMap(value)) return false
  return Object.entries(value)
    .map(([key, inner]) => (key === step && isMap(inner) && repair(inner)) || eachStep(inner, step, repair))
    .includes(true)
}
