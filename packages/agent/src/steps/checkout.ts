import type { CheckoutStep } from '@rondo/model'
import { failed, passed, type StepEnd } from '../reports/endings.ts'
import { runInternal } from '../task/launch.ts'
import { quote, shellPath } from '../task/shell.ts'
import type { TaskContext } from '../task/task-context.ts'

/**
 * Clones or updates the repository in the job, as the job's user. Variables a user could set to change what git does are
 * cleared first (rule D-23). The credential travels in a header and is not left in `.git`, which may go into caches and
 * artifacts; git commands of later steps get it from a helper beside the supervisor. It reads this project alone, and ends
 * with the attempt.
 */
export async function checkout(task: TaskContext, step: CheckoutStep, index: number): Promise<StepEnd> {
  const { checkout } = task.spec
  const url = task.executor.reachable(checkout.url)
  const header = `Authorization: Basic ${Buffer.from(`${checkout.username}:${checkout.password}`).toString('base64')}`
  // As a clone would: steps compare with other branches. A shallow one asks for its own alone.
  const wanted =
    step.method !== 'shallow'
      ? '+refs/heads/*:refs/remotes/origin/*'
      : checkout.tag === null
        ? `+refs/heads/${checkout.branch}:refs/remotes/origin/${checkout.branch}`
        : `+refs/tags/${checkout.tag}:refs/tags/${checkout.tag}`
  const filter =
    step.method === 'blobless' ? '--filter=blob:none' : step.method === 'shallow' ? `--depth=${step.depth ?? 1}` : ''
  const switchTo =
    checkout.branch === null
      ? `git checkout --quiet --force --detach ${checkout.revision}`
      : `git checkout --quiet --force -B ${quote(checkout.branch)} ${checkout.revision}`
  const helperPath = `${task.executor.ioPath}/git-credential`
  await task.folder.create('git-credential', credentialHelper(checkout.username, checkout.password), 0o755)
  const script = `
unset LD_PRELOAD LD_LIBRARY_PATH BASH_ENV GIT_DIR GIT_WORK_TREE GIT_SSH GIT_SSH_COMMAND GIT_EXEC_PATH GIT_CONFIG GIT_ASKPASS
dir=${step.path === undefined ? '.' : shellPath(step.path)}
command -v git >/dev/null || { echo "The image has no git. Use an image that has it, or install git before the checkout step."; exit 1; }
mkdir -p "$dir" && cd "$dir" || exit 1
said=.git/rondo-fetch
${patientFetch}export GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=http.extraHeader GIT_CONFIG_VALUE_0=${quote(header)} GIT_CONFIG_KEY_1=safe.directory GIT_CONFIG_VALUE_1='*'
if [ -d .git ]; then
  echo "Fetching into the repository that is there"
  git remote set-url origin ${quote(url)} 2>/dev/null || git remote add origin ${quote(url)}
elif [ -n "$(ls -A 2>/dev/null)" ] && [ ! -e .git ]; then
  echo "The folder $PWD is not empty and not a git repository. Empty it, or give the checkout step another path."; exit 1
else
  echo "Cloning ${checkout.url}"
  git init --quiet . && git remote add origin ${quote(url)} || exit 1
fi
# A branch may have gone, or never have been: the commit itself may still be there.
{ fetch --tags ${filter} origin ${quote(wanted)} || fetch ${filter} origin ${checkout.revision}; } && { git cat-file -e ${checkout.revision}^{commit} 2>/dev/null || fetch ${filter} origin ${checkout.revision}; } || { cat "$said"; exit 1; }
rm -f "$said"
git config --local ${quote(`credential.${new URL(url).origin}.helper`)} ${quote(helperPath)} || exit 1
${switchTo} || exit 1
git --no-pager log --no-color -n 1 --format='HEAD is now at %h %s'
`
  return (await runInternal(task, `c${index}`, `s${index}.out`, script)) === 0 ? passed : failed
}

/**
 * Fetches; waits and tries again while the host cannot be reached, for about two minutes: a restart of the server must
 * not fail a job that only wants its code. Other refusals are final. What git said last is kept in `$said`.
 */
const patientFetch = `fetch() {
  for pause in 1 2 4 8 15 30 30 30 0; do
    git fetch --quiet --force "$@" 2>"$said" && return 0
    [ "$pause" != 0 ] && grep -Eq 'Connection (refused|reset)|Failed to connect|Could not connect|Empty reply|hung up|early EOF|timed out|returned error: 50[0234]|HTTP 50[0234]' "$said" || return 1
    echo "The repository's host does not answer. Trying again in $pause s."
    sleep "$pause"
  done
}
`

/** Answers git's question for a credential; it never stores one. */
function credentialHelper(username: string, password: string): string {
  return `#!/bin/sh\n[ "$1" = get ] || exit 0\nprintf 'username=%s\\npassword=%s\\n' ${quote(username)} ${quote(password)}\n`
}
