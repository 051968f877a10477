import { type AddSshKeysStep, isAskedFor, isFingerprintOf } from '@rondo/model'
import { failed, passed, type StepEnd } from '../reports/endings.ts'
import { runInternal } from '../task/launch.ts'
import type { TaskContext } from '../task/task-context.ts'
import { offerKnownHosts, sshFolder } from './ssh-files.ts'

/**
 * Installs the project's additional keys that a step names by fingerprint, or all of them: each as a file of
 * `~/.ssh`, and an entry of `~/.ssh/config` for its host.
 */
export async function addSshKeys(task: TaskContext, step: AddSshKeysStep, index: number): Promise<StepEnd> {
  const out = `s${index}.out`
  const kept = task.spec.sshKeys
  const missing = step.fingerprints.filter((fingerprint) => !kept.some((key) => isFingerprintOf(key, fingerprint)))
  if (missing.length > 0) {
    for (const fingerprint of missing)
      task.folder.append(
        out,
        `The project has no additional SSH key with the fingerprint ${fingerprint}. Add the key to the project, or correct the fingerprint in the config.\n`,
      )
    return failed
  }
  const keys = kept.filter((key) => isAskedFor(key, step.fingerprints))
  if (keys.length === 0) {
    task.folder.append(out, 'The project has no additional SSH keys; there is nothing to install.\n')
    return passed
  }
  offerKnownHosts(task)
  const lines = keys
    // What is meant for one host comes before what is for any: ssh takes the first answer it finds.
    .toSorted((a, b) => Number(a.hostname === '') - Number(b.hostname === ''))
    .map((key, position) => {
      const file = `key${index}-${position}`
      const name = `id_rsa_${key.md5.replaceAll(':', '')}`
      const host = key.hostname === '' ? '*' : key.hostname
      task.folder.create(file, key.privateKey)
      return [
        `install_key ${file} ${name} || exit 1`,
        `printf '\\nHost ${host}\\n  IdentitiesOnly ${host === '*' ? 'no' : 'yes'}\\n  IdentityFile %s\\n' "$ssh/${name}" >>"$ssh/config"`,
        `echo "Installed the key ${key.md5} for ${host === '*' ? 'any host' : host} as $ssh/${name}"`,
      ].join('\n')
    })
  const status = await runInternal(task, `i${index}`, out, `${sshFolder}${lines.join('\n')}`)
  return status === 0 ? passed : failed
}
