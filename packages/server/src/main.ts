import { enableCompileCache } from 'node:module'

enableCompileCache()

const { withholdMemory } = await import('@rondo/adapters')
withholdMemory()
const { AppError } = await import('@rondo/model')
const { readServerEnv } = await import('./env.ts')
const { startServer } = await import('./start.ts')

// Whoever started this may have gone: what it prints then goes nowhere, and is no reason to end without stopping.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
const { env, problems: found } = readServerEnv()
// The agent's package is loaded for this alone, so only when there is something to ask.
const asks = env.agent === 'local' && Object.keys(env.agentSettings).length > 0
const problems = asks
  ? [...found, ...(await import('@rondo/agent')).readDockerSettings(env.agentSettings).problems]
  : found
if (problems.length > 0) fail(problems.join('\n'), 2)

try {
  const server = await startServer(env)
  if (server.fresh && server.admin !== undefined)
    say(
      `Sign in as ${server.admin.login} with the password ${server.admin.password}\nBoth stand in ${env.dataFolder}/admin.json, with an API token.`,
    )
  if (env.roles.includes('api')) say(`Rondo is ready at ${env.publicUrl}`)
  else say(`Rondo is ready: ${env.roles.join(', ')}`)
  let stopping = false
  const stop = () => {
    if (stopping) process.exit(130)
    stopping = true
    say(env.stopWithInput ? 'Stopping.' : 'Stopping. Jobs that run go on when Rondo is started again.')
    const seconds = env.stopWithInput ? 60 : 20
    const deadline = setTimeout(() => fail(`Not everything stopped within ${seconds} seconds.`, 1), seconds * 1_000)
    void server.stop().then(() => {
      clearTimeout(deadline)
      process.exit(0)
    })
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, stop)
  if (env.stopWithInput) process.stdin.resume().once('end', stop)
} catch (error) {
  if (error instanceof AppError) fail(error.message, 1)
  throw error
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function fail(text: string, code: number): never {
  process.stderr.write(`${text}\n`)
  process.exit(code)
}
