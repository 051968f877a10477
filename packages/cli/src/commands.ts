import { adminVerbs } from './admin/verbs.ts'
import { agentVerbs } from './agent/verbs.ts'
import { configVerbs } from './config/verbs.ts'
import { holdVerb } from './hold/hold.ts'
import { describeVerbs, runVerb, type Verb } from './noun.ts'
import { orbVerbs } from './orb/verbs.ts'
import { pipelineVerbs } from './pipeline/verbs.ts'
import { shellVerb } from './shell/shell.ts'
import { sshKeyVerbs } from './ssh-key/verbs.ts'

export interface Command {
  readonly name: string
  readonly usage: string
  readonly summary: string
  readonly details: string
  readonly verbs?: readonly Verb[]
  /** Answers the exit code: 0 done, 1 it failed, 2 the call was wrong. */
  run(args: readonly string[]): Promise<number>
}

export const commands: readonly Command[] = [
  {
    name: 'demo',
    usage: 'rondo demo',
    summary: 'start everything, push a sample project, and watch its pipeline go green',
    details:
      'Starts the server when none runs on the data folder, creates a sample project in the built-in Git hosting, pushes to it and follows\nthe pipeline. Stays up until Ctrl-C. Run again, it keeps what is there and pushes one more commit.',
    run: async () => (await import('./demo/demo.ts')).demo(),
  },
  {
    name: 'up',
    usage: 'rondo up',
    summary: 'start the server',
    details:
      'Settings come from the environment:\n  RONDO_DATA        folder for everything Rondo keeps (default .rondo beside the program)\n  RONDO_PORT        web app, API and Git (8080)\n  RONDO_AGENT_PORT  agents (8585)\n  RONDO_HOST        address to listen on (0.0.0.0)\n  RONDO_PUBLIC_URL  address people and jobs are told\n  RONDO_EXECUTOR    auto, docker or sandbox\n  RONDO_AGENT       local or none\n  RONDO_ROLES       some of api, agents, conductor, cron, with commas between (all); docs/roles.md\n  RONDO_INSTANCE    name of this process beside others\n  DATABASE_URL      a PostgreSQL of yours instead of the built-in one',
    run: async () => (await import('./server/up.ts')).up(),
  },
  {
    name: 'run',
    usage: 'rondo run [WORKFLOW | JOB | WORKFLOW/JOB] [options]',
    summary: 'run the working tree here, uncommitted changes included',
    details:
      "Runs .circleci/config.yml of the folder it is called in, as a push would: whole workflows, or one, or one job alone.\nCaches are kept for the next run of the folder, variables and contexts are not. Ignored files are left out. Ctrl-C cancels.\n\n  --needs                with a job: also the jobs it requires\n                         the name of a job with a matrix, or of the matrix, means all of its jobs\n  -p, --param NAME=VALUE a pipeline parameter\n  -e, --env NAME[=VALUE] a variable, as if set in the project; --env-file FILE for many\n  --context NAME[=FILE]  a context, with the variables of a file\n  --approve NAME,…|all   approval jobs to approve without asking\n  --orbs FOLDER          orbs of files NAMESPACE/NAME@1.2.3.yml, for the configs run here\n  --branch NAME          the branch the config shall see\n  -v, --verbose          output of every step, of Rondo's own too\n  -t, --timestamps       each line after the time at which it was printed\n  --remote URL           run on a server instead, as a pipeline without a branch; --project ORG/REPO there\n                         (RONDO_TOKEN holds your personal API token)\n\nRONDO_RUN_DATA is where caches are kept (default ~/.cache/rondo/run); RONDO_EXECUTOR as for `rondo up`.\nExit code 0 when everything succeeded, 1 when not or when only jobs are left that nothing here can run, 2 when it could not begin,\n3 when it waits for an approval, 130 after Ctrl-C.",
    run: async (args) => (await import('./run/run.ts')).run(args),
  },
  {
    name: 'config',
    usage: 'rondo config VERB …',
    summary: 'check a config, or print what it compiles to',
    details: `FILE is .circleci/config.yml by default; - reads standard input.\nExit code 0 done, 1 it has errors, 2 the call was wrong.\n\n${describeVerbs(configVerbs)}`,
    verbs: configVerbs,
    run: (args) => runVerb('config', configVerbs, args),
  },
  {
    name: 'agent',
    usage: 'rondo agent VERB …',
    summary: 'see the machines that run tasks, add and drain them, and let them go on',
    details: `At its own machine an agent is drained by SIGTERM: it finishes what runs and ends; a second signal makes it end at once,\nand the agent that starts next goes on with what runs. Exit code 0 done, 1 it was refused or failed, 2 the call was wrong.\n\n${describeVerbs(agentVerbs)}`,
    verbs: agentVerbs,
    run: (args) => runVerb('agent', agentVerbs, args),
  },
  {
    name: 'pipeline',
    usage: 'rondo pipeline VERB …',
    summary: 'cancel a pipeline as a whole',
    details: `Exit code 0 done, 1 it was refused or failed, 2 the call was wrong.\n\n${describeVerbs(pipelineVerbs)}`,
    verbs: pipelineVerbs,
    run: (args) => runVerb('pipeline', pipelineVerbs, args),
  },
  {
    name: 'hold',
    usage: holdVerb.usage,
    summary: holdVerb.summary,
    details: `Off by default. Without a word it says how it is. Who may configure the project may change it; at most three stay at once in an\norganization, unless the server's RONDO_HOLDS says otherwise. Exit code 0 done, 1 it was refused, 2 the call was wrong.\n\n${describeVerbs([holdVerb])}`,
    run: (args) => runVerb('hold', [holdVerb], ['hold', ...args]),
  },
  {
    name: 'shell',
    usage: shellVerb.usage,
    summary: shellVerb.summary,
    details: `Where a project keeps the environments of failed jobs, they stay for ten minutes. What is done there is recorded as steps\nof the job, with secrets masked; its result stays. Ends with the shell. Exit code 0 done, 1 it was refused, 2 the call was wrong.\n\n${describeVerbs([shellVerb])}`,
    run: (args) => runVerb('shell', [shellVerb], ['shell', ...args]),
  },
  {
    name: 'ssh-key',
    usage: 'rondo ssh-key VERB …',
    summary: 'your public SSH keys, with which you enter jobs that you rerun with SSH',
    details: `A job that is rerun with SSH says in its step "Enable SSH" how to enter it.\nExit code 0 done, 1 it was refused, 2 the call was wrong.\n\n${describeVerbs(sshKeyVerbs)}`,
    verbs: sshKeyVerbs,
    run: (args) => runVerb('ssh-key', sshKeyVerbs, args),
  },
  {
    name: 'orb',
    usage: 'rondo orb VERB …',
    summary: 'write, publish, read and import orbs',
    details: `Exit code 0 done, 1 it was refused or failed, 2 the call was wrong.\n\n${describeVerbs(orbVerbs)}`,
    verbs: orbVerbs,
    run: (args) => runVerb('orb', orbVerbs, args),
  },
  {
    name: 'admin',
    usage: 'rondo admin VERB …',
    summary: 'the queue, limits, settings, retention, health and history of a server',
    details: `For administrators of the installation; with --organization or --project, theirs too. docs/administration.md tells more.\nExit code 0 done, 1 it was refused or failed, 2 the call was wrong.\n\n${describeVerbs(adminVerbs)}`,
    verbs: adminVerbs,
    run: (args) => runVerb('admin', adminVerbs, args),
  },
  {
    name: 'test',
    usage: './rondo test',
    summary: 'run every check and test',
    details:
      'Format, lint, types, imports and documents; then unit, integration and end-to-end tests. Says what it left out, and why;\nwith CI=true nothing may be left out. The last line is "N passed, N failed, N skipped".\nExit code 0 when everything passed.',
    async run() {
      process.stderr.write('The launcher runs the tests: call ./rondo test in a clone of the repository.\n')
      return 2
    },
  },
]
