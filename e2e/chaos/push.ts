import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Stack } from '@rondo/testkit'

const run = promisify(execFile)

/** As the stack's own push of a config, but without keeping this process waiting: a link in it must go on carrying bytes. */
export async function pushConfig(stack: Stack, project: string, config: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-push-'))
  const git = (...args: string[]) =>
    run('git', ['-c', 'user.email=dev@example.com', '-c', 'user.name=Developer', ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, GIT_TERMINAL_PROMPT: '0' },
    })
  try {
    mkdirSync(join(folder, '.circleci'))
    writeFileSync(join(folder, '.circleci', 'config.yml'), config)
    await git('init', '-q', '-b', 'main')
    await git('add', '-A')
    await git('commit', '-q', '-m', 'change')
    await git(
      'push',
      '-q',
      '-f',
      `${stack.url.replace('://', `://admin:${stack.admin.token}@`)}/git/${project}.git`,
      'main',
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
