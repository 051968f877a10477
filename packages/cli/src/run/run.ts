import { randomUUID } from 'node:crypto'
import { isFinalJobStatus } from '@rondo/model'
import type { PipelineView } from '@rondo/protocol'
import { readCliEnv } from '../env.ts'
import { Screen } from '../terminal/screen.ts'
import { contextsHere, orbsHere } from './advice-here.ts'
import { Approvals } from './approvals.ts'
import { createCanceling } from './canceling.ts'
import { checkFirst } from './check-first.ts'
import { type Connection, connect } from './connection.ts'
import { approvalsOf, type RunOptions, readRunOptions } from './options.ts'
import { type Place, takeAbandonedPlaces, takePlace } from './place.ts'
import { openPrivateServer } from './private-server.ts'
import { createReport } from './report.ts'
import { prepareLocalProject, remoteProject, repositoryNames, requireProject, takeSecretsAway } from './target.ts'
import type { WaitingJob } from './waits.ts'
import { watchPipeline } from './watch.ts'
import { snapshotWorkingTree, type WorkingTree } from './working-tree.ts'

/**
 * `rondo run`: the working tree, uncommitted changes included, through the same compiler, conductor and agent as on a
 * server. Exit codes: 0 everything succeeded, 1 something did not or can be run by nobody, 2 it could not begin, 3 it waits for
 * an approval, 130 it was canceled.
 */
export async function run(args: readonly string[]): Promise<number> {
  const env = readCliEnv()
  let options: RunOptions
  try {
    options = readRunOptions(args, env.forServer)
  } catch (error) {
    say(`${messageOf(error)}\n\`rondo help run\` lists the options.`)
    return 2
  }
  const stops: (() => unknown)[] = []
  const screen = new Screen(process.stdout, env.decorated)
  try {
    if (options.remote === undefined) screen.footer(['Starting Rondo on this machine …'])
    const tree = snapshotWorkingTree(process.cwd())
    stops.push(() => tree[Symbol.dispose]())
    const found = options.remote === undefined ? await checkFirst(tree, options) : undefined
    if (found?.mistakes !== undefined) {
      screen.footer([])
      say(found.mistakes)
      return 2
    }
    screen.print(found?.warnings ?? [])
    const { connection, slug } = await open(options, tree, stops)
    const url = `${connection.url}/git/${slug.replace(/^\w+\//, '')}.git`
    const branch = options.branch ?? tree.branch
    const destination = { url, token: connection.token, ref: `refs/rondo/runs/${randomUUID()}` }
    if (options.remote !== undefined) tree.push(destination)
    else sayMissing(tree.pushAll(destination, branch))
    const started = await connection.start({
      project: slug,
      revision: tree.revision,
      branch,
      parameters: options.parameters,
      ...approvalsOf(options),
      ...(options.remote === undefined ? { calledAs: repositoryNames(tree) } : {}),
      ...(options.only === undefined ? {} : { only: options.only, withRequired: options.withRequired }),
    })
    screen.footer([])
    if (started.errors.length > 0) {
      const problems = started.errors.map((error) => error.message).join('\n\n')
      say(options.remote === undefined ? `${problems}${orbsHere(problems)}` : problems)
      return 2
    }
    if (options.remote !== undefined) say(`Pipeline ${started.number}: ${connection.url}/pipeline/${started.id}`)
    return await follow(connection, started.id, options, screen)
  } catch (error) {
    screen.footer([])
    say(`rondo run: ${messageOf(error)}`)
    return 2
  } finally {
    for (const stop of stops.reverse()) await stop()
  }
}

async function open(
  options: RunOptions,
  tree: WorkingTree,
  stops: (() => unknown)[],
): Promise<{ readonly connection: Connection; readonly slug: string }> {
  const env = readCliEnv()
  if (options.remote !== undefined) {
    if (env.token === undefined) throw new Error('Set RONDO_TOKEN to a personal API token of that server.')
    const slug = remoteProject(tree, options.project)
    const connection = closedAtTheEnd(options.remote, env.token)
    // Git, which comes next, says less well that nobody answers or that the token is wrong.
    await connection.call('GET', '/api/v2/me')
    await requireProject(connection, slug)
    return { connection, slug }
  }
  const server = await openPrivateServer(env.runFolder, env.forServer)
  stops.push(() => server.stop())
  const connection = closedAtTheEnd(server.url, server.token)
  for (const abandoned of takeAbandonedPlaces(env.runFolder)) await leave(connection, abandoned)
  const place = takePlace(env.runFolder, tree.root)
  stops.push(() => leave(connection, place))
  await prepareLocalProject(connection, place, options)
  return { connection, slug: place.slug }

  /** One that is left open would keep the command from ending. */
  function closedAtTheEnd(url: string, token: string): Connection {
    const opened = connect(url, token)
    stops.push(() => opened.live.close())
    return opened
  }
}

/** Nothing secret of a run stays after it. Where the server has gone first, the next run finds the mark and does it. */
async function leave(connection: Connection, place: Place): Promise<void> {
  await takeSecretsAway(connection, place).catch(() => undefined)
  place.release()
}

async function follow(connection: Connection, id: string, options: RunOptions, screen: Screen): Promise<number> {
  const canceling = createCanceling(connection, id, (text) => screen.print([text]))
  const approvals = new Approvals(connection, options.approve, process.stdin.isTTY ? process.stdin : undefined)
  const report = createReport(screen, {
    timestamps: options.timestamps,
    color: screen.live,
    verbose: options.verbose,
    ask: () => approvals.question(),
  })
  const drawing = setInterval(() => report.draw(Date.now()), 100)
  try {
    const end = await watchPipeline(
      connection,
      id,
      {
        ...report,
        pipeline(pipeline) {
          report.pipeline(pipeline)
          approvals.look(pipeline)
        },
        waiting: (waits) => report.waiting(options.remote === undefined ? waits.map(onThisMachine) : waits),
      },
      {
        waitsForApproval: () => approvals.open(),
        // Somebody may give a server elsewhere an agent; here nobody will.
        onlyStuck: (waits) => (options.remote === undefined ? canceling.giveUp(waits) : undefined),
        signal: canceling.signal,
      },
    )
    clearInterval(drawing)
    report.end(end)
    if (options.remote === undefined) screen.print(contextsHere(end))
    screen.print(approvals.unknown().map((name) => `--approve ${name}: the run had no approval job of that name.`))
    return canceling.asked ? 130 : exitCode(end)
  } finally {
    clearInterval(drawing)
    approvals.close()
    canceling.stop()
  }
}

function sayMissing(why: string | undefined): void {
  if (why !== undefined)
    say(`The jobs cannot see all branches and tags of this repository, which git could not copy:\n${why}`)
}

function say(text: string): void {
  process.stderr.write(`${text}\n`)
}

function exitCode(pipeline: PipelineView): number {
  const { workflows } = pipeline
  if (workflows.every((workflow) => workflow.status === 'success')) return 0
  const failed = workflows
    .flatMap((workflow) => workflow.jobs)
    .some((job) => isFinalJobStatus(job.status) && job.status !== 'success')
  return !failed && workflows.some((workflow) => workflow.status === 'on_hold') ? 3 : 1
}

/** A server's advice is to start an agent; a run on this machine has one and gets no other. */
function onThisMachine(waiting: WaitingJob): WaitingJob {
  return { ...waiting, wait: { ...waiting.wait, text: waiting.wait.text.replace(/ Start one\.$/, '') } }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
