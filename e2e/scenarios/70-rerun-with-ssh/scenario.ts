import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ScenarioSteps } from '../../scenario/load.ts'

const folder = mkdtempSync(join(tmpdir(), 'ssh-scenario-'))
const key = (name: string) => join(folder, name)

export const scenario: ScenarioSteps = {
  able: () => spawnSync('ssh', ['-V']).status === 0,
  async prepare({ stack }) {
    for (const name of ['mine', 'other']) spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key(name)])
    await stack.api('POST', '/api/private/ssh-keys', { public_key: readFileSync(key('mine.pub'), 'utf8') })
    return {}
  },
  async check({ stack }, [pipelineId = '']) {
    const found: string[] = []
    const first = (await stack.workflows(pipelineId))[0]!
    const [job] = await stack.jobs(first.id)
    const { workflow_id: again } = await stack.api<{ workflow_id: string }>(
      'POST',
      `/api/v2/workflow/${first.id}/rerun`,
      { jobs: [job!.id], enable_ssh: true },
    )
    const told = (name: string, wanted: RegExp) =>
      stack.waitFor(`step ${name}`, async () => {
        const [open] = await stack.jobs(again)
        const step = (await stack.steps(open!.id)).find((one) => one.name === name)
        const text = step === undefined ? '' : String(await stack.output(step.id))
        return wanted.exec(text)?.[1]
      })
    const port = await told('Enable SSH', /ssh -p (\d+) localhost/)
    await told('Wait for SSH', /(Cancel the job when you are done)/)
    const options = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'IdentitiesOnly=yes']
    const run = (program: string, flag: string, identity: string, ...args: string[]) =>
      spawnSync(program, [...options, '-o', 'LogLevel=ERROR', '-i', key(identity), flag, port, ...args], {
        encoding: 'utf8',
        input: '',
        timeout: 30_000,
      })
    const ssh = (identity: string, ...args: string[]) => run('ssh', '-p', identity, 'anybody@localhost', ...args)
    const expectIn = (what: string, text: string, wanted: RegExp) => {
      if (!wanted.test(text)) found.push(`${what}: ${wanted} is not in ${JSON.stringify(text)}`)
    }

    expectIn('a stranger', ssh('other', 'true').stderr, /Permission denied/)
    const entered = ssh('mine', 'cat file; echo "$FROM_IMAGE $FROM_JOB $FROM_STEP $A_SECRET $CIRCLE_JOB"; exit 4')
    expectIn('a command', entered.stdout, /^kept\nyes job step do-not-show-this it\n$/)
    if (entered.status !== 4) found.push(`the command ended with ${entered.status}: ${entered.stderr}`)
    const typed = spawnSync('ssh', [...options, '-tt', '-i', key('mine'), '-p', port, 'anybody@localhost'], {
      encoding: 'utf8',
      input: 'tty; echo shell-$((40 + 2)); exit\n',
      timeout: 30_000,
    })
    expectIn('a shell', typed.stdout, /\/dev\/pts\/\d+[\s\S]*shell-42/)
    writeFileSync(key('upload'), 'from the laptop\n')
    const copied = run('scp', '-P', 'mine', key('upload'), 'anybody@localhost:uploaded')
    if (copied.status === 0)
      expectIn('a copied file', ssh('mine', 'cat ~/uploaded uploaded 2>/dev/null').stdout, /from the laptop/)
    else expectIn('a copy', copied.stderr, /sftp-server|Connection closed/)

    const [open] = await stack.jobs(again)
    if (open?.status !== 'running') found.push(`the job is ${open?.status} while it waits`)
    await stack.api('POST', `/api/v2/jobs/${open!.id}/cancel`)
    await stack.waitFor('SSH to be closed', async () => (ssh('mine', 'true').status === 255 ? true : undefined))
    const history = await stack.api<{ items: { what: string }[] }>('GET', `/api/private/pipelines/${pipelineId}/events`)
    if (!history.items.some(({ what }) => what === 'entered over SSH')) found.push('nothing of it is in the history')
    return found
  },
  async cleanUp() {
    rmSync(folder, { recursive: true, force: true })
  },
}
