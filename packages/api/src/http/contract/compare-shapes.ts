import type { Schema } from './reference.ts'

/** A schema, flattened: what may lie at a path such as `items[].vcs.branch`. */
interface Field {
  readonly types: ReadonlySet<string>
  readonly words: ReadonlySet<string> | undefined
  readonly required: boolean
}

/** What answers of ours hold that the reference's do not promise, or lack that they do. */
export function answerDifferences(ours: Schema, reference: Schema): readonly string[] {
  return compare(flatten(ours), flatten(reference), {
    absent: (path, { required }) => `answers without ${path}${required ? ', which is required' : ''}`,
    extra: (path) => `answers ${path} too`,
    both(path, mine, theirs) {
      const found: string[] = []
      if (theirs.required && !mine.required) found.push(`may answer without ${path}`)
      const types = beyond(mine.types, theirs.types)
      if (theirs.types.size > 0 && types.length > 0) found.push(`answers ${path} as ${types.join(' or ')}`)
      const words = theirs.words && mine.words ? beyond(mine.words, theirs.words) : []
      if (words.length > 0) found.push(`answers ${path} with the words ${words.join(', ')}`)
      return found
    },
  })
}

/** What the reference lets a client send and we do not take, or ask for. */
export function requestDifferences(ours: Schema, reference: Schema): readonly string[] {
  return compare(flatten(ours), flatten(reference), {
    absent: (path) => `does not read ${path}`,
    extra: (path, { required }) => (required ? `needs ${path}, which is ours` : `reads ${path} too`),
    both(path, mine, theirs) {
      const found: string[] = []
      if (mine.required && !theirs.required) found.push(`needs ${path}`)
      const types = beyond(theirs.types, mine.types)
      if (mine.types.size > 0 && types.length > 0) found.push(`refuses ${path} as ${types.join(' or ')}`)
      const words = mine.words ? beyond(theirs.words ?? new Set(), mine.words) : []
      if (words.length > 0) found.push(`refuses ${path} with the words ${words.join(', ')}`)
      return found
    },
  })
}

interface Report {
  readonly absent: (path: string, field: Field) => string
  readonly extra: (path: string, field: Field) => string
  readonly both: (path: string, ours: Field, theirs: Field) => readonly string[]
}

function compare(
  ours: ReadonlyMap<string, Field>,
  theirs: ReadonlyMap<string, Field>,
  report: Report,
): readonly string[] {
  const found: string[] = []
  for (const [path, field] of theirs) {
    const mine = ours.get(path)
    if (mine !== undefined) found.push(...report.both(path, mine, field))
    else if (parentIn(ours, path)) found.push(report.absent(path, field))
  }
  for (const [path, field] of ours)
    if (!theirs.has(path) && parentIn(theirs, path) && !isOpen(theirs, path)) found.push(report.extra(path, field))
  return found
}

/** A difference is told once, at the field where it begins. */
function parentIn(fields: ReadonlyMap<string, Field>, path: string): boolean {
  return fields.has(parentOf(path))
}

function parentOf(path: string): string {
  return path.replace(/(\[\]|\{\}|\.?[^.[\]{}]+)$/, '')
}

/** Of an object that says nothing of its fields, nothing can be too much. */
function isOpen(fields: ReadonlyMap<string, Field>, path: string): boolean {
  const parent = parentOf(path)
  return ![...fields.keys()].some((other) => other !== '' && parentOf(other) === parent)
}

function flatten(schema: Schema): ReadonlyMap<string, Field> {
  const fields = new Map<string, Field>()
  visit(schema, '', true)
  return fields

  function visit(part: Schema, path: string, required: boolean): void {
    const branches = part.anyOf ?? part.oneOf ?? []
    add(path, { types: typesOf(part), words: wordsOf(part), required })
    const needed = new Set(part.required)
    for (const [name, property] of Object.entries(part.properties ?? {}))
      visit(property, path === '' ? name : `${path}.${name}`, needed.has(name))
    if (part.items !== undefined) visit(part.items, `${path}[]`, true)
    const values = part.patternProperties ? Object.values(part.patternProperties)[0] : part.additionalProperties
    if (typeof values === 'object') visit(values, `${path}{}`, true)
    for (const branch of part.allOf ?? []) visit(branch, path, required)
    for (const branch of branches) visit(branch, path, required)
    // What only one of several branches has may be absent.
    if (branches.length > 1)
      for (const [at, field] of fields)
        if (parentOf(at) === path && at !== path && !at.endsWith('[]') && !inAll(branches, at.slice(path.length)))
          fields.set(at, { ...field, required: false })
  }

  function add(path: string, field: Field): void {
    const known = fields.get(path)
    const words = known?.words || field.words ? new Set([...(known?.words ?? []), ...(field.words ?? [])]) : undefined
    fields.set(path, {
      types: new Set([...(known?.types ?? []), ...field.types]),
      words,
      required: known === undefined ? field.required : known.required && field.required,
    })
  }
}

function inAll(branches: readonly Schema[], name: string): boolean {
  const objects = branches.filter((branch) => branch.properties !== undefined)
  return objects.every((branch) => branch.required?.includes(name.replace(/^\./, '')))
}

function typesOf(schema: Schema): ReadonlySet<string> {
  const types = new Set(schema.type === undefined ? [] : [schema.type].flat())
  // Every whole number is a number.
  if (types.has('number')) types.add('integer')
  return types
}

function wordsOf(schema: Schema): ReadonlySet<string> | undefined {
  return schema.enum && new Set(schema.enum.filter((word) => word !== null).map(String))
}

function beyond(some: ReadonlySet<string>, others: ReadonlySet<string>): readonly string[] {
  return [...some].filter((one) => !others.has(one) && !(one === 'integer' && others.has('number')))
}
