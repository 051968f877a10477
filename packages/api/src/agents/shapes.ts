import type { agentCalls } from '@rondo/protocol'
import { type TSchema, Type } from 'typebox'
import { Id, Nullable } from '../http/shapes.ts'

/**
 * What the bodies of an agent's calls must be to be understood. Only what is read is named: agents of later versions may say
 * more. A body that is something else is refused with its reason, and no part of it is carried out.
 */

const Count = Type.Integer({ minimum: 0 })
const Amount = Type.Number({ minimum: 0 })
const Moment = Type.String({ format: 'date-time' })
const Digest = Type.String({ pattern: '^[0-9a-f]{64}$' })
const Blob = Type.Object({ digest: Digest, size: Count })
const Used = Type.Object({ used: Type.Number(), all: Type.Number() })
const attempt = { attemptId: Id, epoch: Type.Integer() }
const Attempt = Type.Object(attempt)
/** Public half of an X25519 pair, 32 bytes in base64url. */
const Key = Type.String({ pattern: '^[\\w-]{43}$' })
const aboutAttempt = <Fields extends Record<string, TSchema>>(fields: Fields) => Type.Object({ ...attempt, ...fields })

const Test = Type.Object({
  name: Type.String(),
  classname: Type.String(),
  file: Nullable(Type.String()),
  result: Type.String(),
  message: Type.String(),
  runTime: Amount,
  source: Type.String(),
})

/** By `type`, so that what is refused says what is wrong with an entry of this type, not with those of all others. */
const entries: Readonly<Record<string, TSchema>> = {
  'step-started': Type.Object({
    step: Count,
    name: Type.String(),
    kind: Type.String(),
    command: Nullable(Type.String()),
    background: Type.Boolean(),
    at: Moment,
  }),
  'step-finished': Type.Object({
    step: Count,
    result: Type.String(),
    exitCode: Nullable(Type.Integer()),
    reruns: Type.Optional(Count),
    outputBytes: Count,
    outputSha256: Digest,
    truncated: Type.Boolean(),
    at: Moment,
  }),
  'cache-saved': Type.Object({ key: Type.String(), object: Blob }),
  'workspace-persisted': Type.Object({ object: Blob }),
  'artifact-stored': Type.Object({ path: Type.String(), object: Blob }),
  'tests-stored': Type.Object({ tests: Type.Array(Test) }),
  'image-resolved': Type.Object({ position: Count, image: Type.String(), digest: Type.String() }),
  'task-finished': Type.Object({ result: Type.String(), message: Nullable(Type.String()), at: Moment }),
}

const Entry = Type.Unsafe({
  type: 'object',
  required: ['type'],
  properties: { type: { type: 'string' } },
  allOf: Object.entries(entries).map(([type, fields]) => ({
    if: { properties: { type: { const: type } } },
    // biome-ignore lint/suspicious/noThenProperty: a word of JSON Schema.
    then: fields,
  })),
})

/** The calls whose bodies are JSON. */
export const agentBodies = {
  hello: Type.Object({
    version: Type.String(),
    hostname: Type.String(),
    os: Type.String(),
    arch: Type.String(),
    cpus: Amount,
    memoryMb: Amount,
    executors: Type.Array(Type.String()),
    boxes: Type.Optional(Type.Integer()),
  }),
  claim: Type.Object({
    free: Type.Object({ cpus: Type.Number(), memoryMb: Type.Number(), tasks: Type.Number() }),
    executors: Type.Array(Type.String()),
    waitMs: Amount,
    running: Type.Optional(Type.Array(Id)),
  }),
  grant: aboutAttempt({ key: Key }),
  resume: aboutAttempt({ key: Key }),
  heartbeat: Type.Object({ attempts: Type.Array(Attempt), waitMs: Amount }),
  checkIn: Type.Object({
    tasks: Count,
    maxTasks: Count,
    cpus: Used,
    memoryMb: Used,
    waitingForSsh: Type.Optional(Count),
    draining: Type.Boolean(),
    refusal: Nullable(Type.String()),
    faults: Type.Optional(Type.Array(Type.String())),
  }),
  report: aboutAttempt({ from: Type.Integer({ minimum: 1 }), entries: Type.Array(Entry) }),
  beginHold: Attempt,
  endHold: aboutAttempt({ why: Type.Union([Type.Literal('over'), Type.Literal('released'), Type.Literal('drained')]) }),
  holdOrders: aboutAttempt({ after: Count, waitMs: Amount }),
  reportUsage: aboutAttempt({
    usage: Type.Object({
      startedAt: Moment,
      intervalMs: Amount,
      cpus: Amount,
      memoryMb: Amount,
      cpuMilli: Type.Array(Type.Number()),
      memoryKb: Type.Array(Type.Number()),
    }),
  }),
  findCache: aboutAttempt({ keys: Type.Array(Type.String()) }),
  hasCache: aboutAttempt({ key: Type.String() }),
  findWorkspace: Attempt,
  otherSlices: Attempt,
  admitSsh: aboutAttempt({ sha256: Type.String(), proven: Type.Optional(Type.Boolean()) }),
  mintToken: aboutAttempt({ key: Key }),
  findTimings: aboutAttempt({ by: Type.String() }),
} satisfies Partial<Record<keyof typeof agentCalls, TSchema>>
