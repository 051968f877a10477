import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ScenarioSteps } from '../../scenario/load.ts'

/** A key as a user makes it. */
function newKey(folder: string, name: string): { file: string; md5: string; sha256: string } {
  const path = join(folder, name)
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', path])
  const fingerprint = (digest: string) =>
    execFileSync('ssh-keygen', ['-E', digest, '-lf', path], { encoding: 'utf8' }).split(' ')[1] ?? ''
  return { file: readFileSync(path, 'utf8'), md5: fingerprint('md5').slice(4), sha256: fingerprint('sha256') }
}

export const scenario: ScenarioSteps = {
  async prepare({ stack, project }) {
    const folder = mkdtempSync(join(tmpdir(), 'rondo-keys-'))
    try {
      const [one, two] = [newKey(folder, 'one'), newKey(folder, 'two')]
      const address = `/api/v1.1/project/gh/${project}/ssh-key`
      await stack.api('POST', address, { hostname: 'deploy.example.com', private_key: one.file })
      await stack.api('POST', address, { private_key: two.file })
      const config = readFileSync(join(import.meta.dirname, 'config.yml'), 'utf8')
        .replaceAll('MD5ONE', one.md5.replaceAll(':', ''))
        .replaceAll('MD5TWO', two.md5.replaceAll(':', ''))
        .replaceAll('FINGERPRINT', one.sha256)
      return { '.circleci/config.yml': config }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
