import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A developer's clone: keeps its history from push to push. */
export interface Repository {
  /** Commits the files on a branch, which starts at `main` when it is new, and pushes it. */
  pushBranch(
    branch: string,
    files: Readonly<Record<string, string | Buffer>>,
    message: string,
    pushOptions?: readonly string[],
  ): Promise<void>
  /** Tags what is checked out, and pushes the tag alone. */
  pushTag(tag: string): Promise<void>
  remove(): Promise<void>
}

export async function createRepository(remote: string): Promise<Repository> {
  const folder = await mkdtemp(join(tmpdir(), 'rondo-scenario-'))
  const env = { PATH: process.env.PATH, HOME: folder, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' }
  const git = async (...args: string[]) => (await run('git', args, { cwd: folder, env })).stdout.trim()
  const branches = new Set<string>()
  await git('init', '-q', '-b', 'main')
  await git('config', 'user.email', 'dev@example.com')
  await git('config', 'user.name', 'Developer')
  return {
    async pushBranch(branch, files, message, pushOptions = []) {
      if (branches.size > 0) await git('checkout', '-q', ...(branches.has(branch) ? [branch] : ['-b', branch, 'main']))
      branches.add(branch)
      for (const [path, content] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), content)
      }
      await git('add', '-A', '-f')
      await git('commit', '-q', '--allow-empty', '-m', message)
      await git('push', '-q', ...pushOptions.map((option) => `--push-option=${option}`), remote, branch)
    },
    async pushTag(tag) {
      await git('tag', tag)
      await git('push', '-q', remote, tag)
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
