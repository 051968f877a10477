/**
 * How `ControlPlane` travels: HTTP/1.1 on port 8585, JSON bodies, raw bytes for output and objects.
 *
 * | call           | request                                                                                      |
 * |----------------|----------------------------------------------------------------------------------------------|
 * | hello … report, find…, hasCache | `POST /agent/v1/<call in kebab-case>` with the argument as JSON; the answer as JSON |
 * | appendOutput   | `POST /agent/v1/append-output?attempt=&epoch=&step=&offset=&at=`, body: the bytes               |
 * | uploadObject   | `POST /agent/v1/upload-object?attempt=&epoch=`, body: the bytes, chunked                        |
 * | downloadObject | `GET /agent/v1/download-object?attempt=&epoch=&digest=`, answer: the bytes                      |
 *
 * `hold-orders` takes `{attemptId, epoch, after, waitMs}` and answers `{orders}`; `report-usage` takes `{attemptId, epoch, usage}`, `find-cache` `{attemptId, epoch, keys}`, `has-cache` `{attemptId, epoch, key}` and answers `{exists}`;
 * `find-cache` answers `{found: FoundCache | null}`, `find-workspace` `{layers}`, `find-timings` takes `{attemptId, epoch, by}` and
 * answers `{timings}`, `admit-ssh` `{attemptId, epoch, sha256}` and answers `{login}`, `claim` `{claims}`. `grant` and `resume` take `{attemptId, epoch, key}`,
 * `mint-token` `{attemptId, epoch, wanted, key}`; each answers `{box}` (see `SealedControlPlane`).
 * Credential: `Authorization: Bearer <agent token>`, with `Rondo-Seat: FOLDER/PLACE` naming the process (see `Seat` of the model; absent
 * from agents of earlier versions). When another process is the agent, `hello` is refused with `conflict`, every other call with `gone`.
 * `POST /agent/v1/join` takes `{name, folder}` with a joining token as credential and answers `{name, token}`: an agent of its own, for that
 * folder each time the same. A refusal is `{code, message}` with the HTTP status of its
 * `AppErrorCode` (bad-request 400, unauthenticated 401, forbidden 403, not-found 404, conflict 409, gone 410,
 * too-large 413, rate-limited 429, unavailable 503).
 */
export const agentPathPrefix = '/agent/v1'

/** Where a machine becomes an agent. */
export const agentJoinPath = 'join'

/** Names the process that speaks as the agent. */
export const seatHeader = 'rondo-seat'

export const agentCalls = {
  hello: 'hello',
  claim: 'claim',
  grant: 'grant',
  resume: 'resume',
  heartbeat: 'heartbeat',
  checkIn: 'check-in',
  report: 'report',
  appendOutput: 'append-output',
  uploadObject: 'upload-object',
  downloadObject: 'download-object',
  reportUsage: 'report-usage',
  beginHold: 'begin-hold',
  holdOrders: 'hold-orders',
  endHold: 'end-hold',
  findCache: 'find-cache',
  hasCache: 'has-cache',
  findWorkspace: 'find-workspace',
  findTimings: 'find-timings',
  mintToken: 'mint-token',
  admitSsh: 'admit-ssh',
  otherSlices: 'other-slices',
} as const
