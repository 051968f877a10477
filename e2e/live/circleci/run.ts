import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { type Stack, startStack } from '@rondo/testkit'
import { type Call, calls, files } from './commands.ts'
import { startRecorder } from './recorder.ts'

/** Runs the official command line against a server of ours; true when every call ended as it had to. */
export async function runCircleci(options: { bin: string; record?: string }): Promise<boolean> {
  const home = mkdtempSync(join(tmpdir(), 'rondo-live-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(home, name)), { recursive: true })
    writeFileSync(join(home, name), text)
  }
  const stack = await startStack({ executor: 'sandbox' })
  const recorder = await startRecorder(stack.url)
  let failures = 0
  try {
    await stack.createProject('acme', 'app')
    stack.push('acme/app', { '.circleci/config.yml': 'version: 2.1\njobs: { build: { type: no-op } }\n' })
    const { id: project } = await stack.api<{ id: string }>('GET', '/api/v2/project/gh/acme/app')
    recorder.name(project, '<project>')
    const { id: organization } = await stack.api<{ id: string }>('GET', '/api/v2/organization/gh%2Facme')
    for (const call of calls) {
      recorder.command = `circleci ${call.args.join(' ')}`
      const args = call.args.map((arg) => ({ '<project>': project, '<organization>': organization })[arg] ?? arg)
      const ended = await run(
        options.bin,
        { ...call, args },
        { home, url: recorder.url, token: call.token ?? stack.admin.token },
      )
      const problem = problemOf(call, ended)
      if (problem !== undefined) failures++
      process.stdout.write(`${problem === undefined ? '✓' : '✗'} ${recorder.command}${problem ?? ''}\n`)
    }
    if (options.record !== undefined) writeFileSync(options.record, textOf(recorder.exchanges, stack))
  } finally {
    await recorder.close()
    await stack.stop()
    rmSync(home, { recursive: true, force: true })
  }
  process.stdout.write(`\n${calls.length - failures} of ${calls.length} calls ended as they had to\n`)
  return failures === 0
}

interface Ended {
  readonly code: number | null
  readonly printed: string
}

/** Asynchronous: what the program asks goes through this very process. */
function run(bin: string, call: Call, at: { home: string; url: string; token: string }): Promise<Ended> {
  const child = spawn(bin, [...call.args, '--host', at.url, '--token', at.token, '--skip-update-check'], {
    cwd: at.home,
    env: { PATH: process.env.PATH, HOME: at.home, CI: 'true', CIRCLECI_CLI_TELEMETRY_OPTOUT: '1' },
    timeout: 60_000,
  })
  let printed = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk))
  child.stdin.end(call.stdin ?? '')
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, printed }))
  })
}

function problemOf(call: Call, { code, printed }: Ended): string | undefined {
  const indented = printed.replaceAll(/^/gm, '    ')
  if (code !== (call.exit ?? 0)) return `\n  ended with ${code}, not ${call.exit ?? 0}:\n${indented}`
  if (call.prints !== undefined && !call.prints.test(printed)) return `\n  did not print ${call.prints}:\n${indented}`
  return undefined
}

/** One exchange once: the client asks many things again and again. Tokens stay out. */
function textOf(exchanges: Awaited<ReturnType<typeof startRecorder>>['exchanges'], stack: Stack): string {
  const seen = new Set<string>()
  const different = exchanges.filter(({ command: _, ...rest }) => {
    const key = JSON.stringify(rest)
    return !seen.has(key) && seen.add(key)
  })
  const text = JSON.stringify(different, null, 2)
  return `${text.replaceAll(stack.admin.token, '<token>')}\n`
}
