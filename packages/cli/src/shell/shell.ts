import type { HoldOrder } from '@rondo/model'
import { createLive, type JobPageView } from '@rondo/protocol'
import { type RestClient, restClientOf } from '../client/rest-client.ts'
import { CallError, type Verb, type VerbCall } from '../noun.ts'
import { serverFlags } from '../registry/server.ts'

/** `rondo shell JOB`: a terminal in the environment of a failed job that stays for its owner. */
export const shellVerb: Verb = {
  name: 'shell',
  usage: 'rondo shell JOB [--slice N] [--release]',
  summary: 'a shell in the environment of a failed job, while it is kept',
  flags: {
    slice: { type: 'string', value: 'N', help: 'which of several parallel slices; default the first that is kept' },
    release: { type: 'boolean', help: 'give the environment back now, instead' },
    ...serverFlags,
  },
  async run(call) {
    const [id] = call.arguments
    if (id === undefined) throw new CallError('Name the job: its id, or VCS/ORG/REPO/NUMBER as its page shows it.')
    const client = restClientOf(call)
    const page = await client.call<JobPageView>('GET', `/api/private/jobs/${id}`).catch((error: unknown) => {
      throw error instanceof Error && error.message === 'Job not found' ? notFound(id, client.url) : error
    })
    const slice = wantedSlice(page, call)
    const order = (orders: readonly HoldOrder[]) =>
      client.call('POST', `/api/private/jobs/${page.job.id}/hold`, { slice, orders })
    if (call.given('release')) await order([{ type: 'release' }])
    else await attach(client, page.job.id, slice, order)
    return 0
  },
}

function notFound(id: string, url: string): CallError {
  return new CallError(
    `${url} knows no job ${id}, or none that is yours to see. The address of its page ends with what to name: VCS/ORG/REPO/NUMBER.`,
    1,
  )
}

/** Of a slice that is not kept the server says why: it knows what became of it. */
function wantedSlice({ slices }: JobPageView, call: VerbCall): number {
  const wanted = call.text('slice')
  if (wanted !== undefined) {
    if (!/^\d{1,6}$/.test(wanted)) throw new CallError(`--slice ${wanted} is no number of a slice; they begin at 0.`)
    return Number(wanted)
  }
  const failed = slices.filter((slice) => slice.result === 'failed')
  return (slices.find((slice) => slice.heldUntil !== null) ?? failed[0] ?? slices[0])?.index ?? 0
}

/** Until the shell ends. */
async function attach(
  client: RestClient,
  jobId: string,
  slice: number,
  order: (orders: readonly HoldOrder[]) => Promise<unknown>,
): Promise<void> {
  const { stdin, stdout } = process
  // A terminal that nobody has told its size says 0.
  const size = () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 })
  await order([{ type: 'open-shell', ...size() }])
  const stepId = await shellStep(client, jobId, slice)
  let turn: Promise<unknown> = Promise.resolve()
  const send = (one: HoldOrder) => {
    turn = turn.then(() => order([one])).catch((error) => process.stderr.write(`\r\n${error.message}\r\n`))
  }
  const typed = (bytes: Buffer) => send({ type: 'input', text: bytes.toString() })
  const resized = () => send({ type: 'resize', ...size() })
  stdin.setRawMode?.(true)
  stdin.on('data', typed)
  stdout.on('resize', resized)
  const live = createLive({
    connect: () => new WebSocket(`${client.url.replace('http', 'ws')}/live?circle-token=${client.token}`),
  })
  await new Promise<void>((resolve) =>
    live.output(stepId, 0, { bytes: (_offset, bytes) => void stdout.write(bytes), ended: () => resolve() }),
  )
  live.close()
  stdin.setRawMode?.(false)
  stdin.off('data', typed).pause()
  stdout.off('resize', resized)
}

async function shellStep(client: RestClient, jobId: string, slice: number): Promise<string> {
  for (let tries = 0; tries < 100; tries++) {
    const page = await client.call<JobPageView>('GET', `/api/private/jobs/${jobId}`)
    const step = page.slices
      .find((one) => one.index === slice)
      ?.steps.findLast((one) => one.type === 'shell' && one.phase === 'running')
    if (step !== undefined) return step.id
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new CallError('The agent did not open a shell within 20 seconds. Is it reachable? `rondo agent list` tells.', 1)
}
