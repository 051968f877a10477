import type { CheckoutStep } from '@rondo/model'
import { failed, passed, type StepEnd } from '../reports/endings.ts'
import { runInternal } from '../task/launch.ts'
import { repositoryAddresses } from '../task/repository-address.ts'
import { quote } from '../task/shell.ts'
import type { TaskContext } from '../task/task-context.ts'
import { checkoutByAgent } from './checkout-by-agent.ts'
import { checkoutKeyFile, checkoutScript, noGit } from './checkout-script.ts'
import { offerKnownHosts } from './ssh-files.ts'

/**
 * Clones or updates the repository in the job, as the job's user: over SSH with the project's checkout key when it has
 * one, else over HTTP. There the credential travels in a header and is not left in `.git`, which may go into caches and
 * artifacts; git commands of later steps, in any folder, get it from a helper beside the supervisor. It reads this project
 * alone, and ends with the attempt. An image without git gets its files from the agent.
 */
export async function checkout(task: TaskContext, step: CheckoutStep, index: number): Promise<StepEnd> {
  const { checkout } = task.spec
  const helper = `${task.executor.ioPath}/git-credential`
  task.folder.create('git-credential', credentialHelper(checkout.username, checkout.password), 0o755)
  if (checkout.ssh !== null) {
    task.folder.create(checkoutKeyFile, checkout.ssh.privateKey)
    offerKnownHosts(task)
  }
  const script = checkoutScript(task.spec, step, {
    ...repositoryAddresses(task.spec, task.executor),
    helper,
  })
  const status = await runInternal(task, `c${index}`, `s${index}.out`, script)
  if (status === noGit) return checkoutByAgent(task, step, index)
  return status === 0 ? passed : failed
}

/** Answers git's question for a credential; it never stores one. */
function credentialHelper(username: string, password: string): string {
  return `#!/bin/sh\n[ "$1" = get ] || exit 0\nprintf 'username=%s\\npassword=%s\\n' ${quote(username)} ${quote(password)}\n`
}
