import type { CheckoutStep } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import { chooseAddress, type RepositoryAddresses } from '../task/repository-address.ts'
import { quote, shellPath } from '../task/shell.ts'
import { sshFolder } from './ssh-files.ts'

/** Exit status of the script when the image has no git: the agent fetches in its place. */
export const noGit = 90

export interface CheckoutPlaces extends RepositoryAddresses {
  /** Program that answers git's question for the password. */
  readonly helper: string
}

/** Name of the checkout key in the shared folder. */
export const checkoutKeyFile = 'checkout-key'

/**
 * The script of a checkout. Variables a user could set to change what git does are cleared first (rule D-23). Works with
 * any git since 1.8: one that reads no settings from variables asks the helper.
 */
export function checkoutScript(
  { checkout }: Pick<TaskSpec, 'checkout'>,
  step: CheckoutStep,
  places: CheckoutPlaces,
): string {
  const { revision, branch } = checkout
  const header = `Authorization: Basic ${Buffer.from(`${checkout.username}:${checkout.password}`).toString('base64')}`
  const wanted = refspecs(checkout, step).map(quote).join(' ')
  const filter =
    step.method === 'blobless' ? '--filter=blob:none' : step.method === 'shallow' ? `--depth=${step.depth ?? 1}` : ''
  const without = step.method === 'blobless' ? '' : filter
  const helped = `${quote(`credential.${new URL(places.http).origin}.helper`)} ${quote(places.helper)}`
  const switchTo =
    branch === null
      ? `git checkout --quiet --force --detach ${revision}`
      : `git checkout --quiet --force -B ${quote(branch)} ${revision}`
  return `
unset LD_PRELOAD LD_LIBRARY_PATH BASH_ENV GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE GIT_SSH GIT_SSH_COMMAND GIT_EXEC_PATH GIT_CONFIG GIT_ASKPASS
dir=${step.path === undefined ? '.' : shellPath(step.path)}
[ ! -e "$dir" ] || [ -d "$dir" ] || { echo "$dir is a file, so nothing can be checked out there. Give the checkout step another path."; exit 1; }
mkdir -p "$dir" && cd "$dir" || { echo "The folder $dir cannot be made. Give the checkout step a path the job's user may write to."; exit 1; }
[ -e .git ] || [ -z "$(ls -A 2>/dev/null)" ] || { echo "The folder $PWD is not empty and not a git repository. Empty it, or give the checkout step another path."; exit 1; }
command -v git >/dev/null || exit ${noGit}
${chooseAddress('url', places)}${places.ssh === undefined ? '' : overSsh(places.ssh)}
export GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_0=http.extraHeader GIT_CONFIG_VALUE_0=${quote(header)} GIT_CONFIG_KEY_1=safe.directory GIT_CONFIG_VALUE_1='*'
if [ -e .git ]; then
  echo "Fetching into the repository that is there"
  # A git that was killed in the middle, before the folder went into a cache, left it.
  rm -f .git/index.lock .git/shallow.lock
  git remote set-url origin "$url" 2>/dev/null || git remote add origin "$url" || exit 1
else
  echo "Cloning $url"
  git init --quiet . && git remote add origin "$url" || exit 1
fi
# Packing would go on beside the steps, and change what a later one puts into a cache.
git config --local gc.auto 0 || exit 1
git config --local ${helped} || exit 1
# For commands outside of the folder; a home that cannot be written to, or is none, does without.
git config --global ${helped} 2>/dev/null || true
said=$(git rev-parse --git-dir)/rondo-fetch
${patience}
# A branch may have gone, or never have been: the commit itself may still be there. An old git knows no filter.
fetch --tags ${filter} origin ${wanted} ||
  fetch ${filter} origin ${revision} ||
  fetch --tags ${without} origin ${wanted} || {
  cat "$said"
  ! grep -q 'Host key verification failed' "$said" || echo "The key of the host in $url is not among those this job knows. Check that it is the right host, and add its line to the installation's known hosts."
  rm -f "$said"*; exit 1; }
git cat-file -e ${revision}^{commit} 2>/dev/null || fetch ${filter} origin ${revision} || { cat "$said"; exit 1; }
# A clone without blobs fetches them now.
patiently ${switchTo} || { cat "$said.now"; exit 1; }
rm -f "$said"*
git --no-pager log --no-color -n 1 --format='HEAD is now at %h %s'
`
}

/**
 * Waits and tries again while the host does not answer, for about two minutes: a restart of the server must not fail a job
 * that only wants its code. Other refusals are final; what git said of the first one is kept in `$said`.
 */
const patience = `patiently() {
  for pause in 1 2 4 8 15 30 30 30 0; do
    "$@" 2>"$said.now" && return 0
    [ "$pause" != 0 ] && grep -Eq 'Connection (refused|reset)|Failed to connect|Empty reply|unexpected disconnect|early EOF|transfer closed|timed out|returned error: 50[0234]|HTTP 50[0234]' "$said.now" || break
    echo "The repository's host does not answer. Trying again in $pause s."
    sleep "$pause"
  done
  return 1
}
fetch() {
  patiently git fetch --quiet --force "$@" && return 0
  [ -s "$said" ] || cat "$said.now" >"$said"
  return 1
}`

/** As a clone would: steps compare with other branches. A shallow one asks for its own alone. */
function refspecs({ branch, tag }: TaskSpec['checkout'], step: CheckoutStep): readonly string[] {
  const own =
    tag !== null ? `+refs/tags/${tag}:refs/tags/${tag}` : `+refs/heads/${branch}:refs/remotes/origin/${branch}`
  // A pull request is no branch of the repository: hostings keep it apart.
  if (branch !== null && /^pull\/\d+$/.test(branch)) {
    const request = `+refs/${branch}/head:refs/remotes/origin/${branch}`
    return step.method === 'shallow' ? [request] : ['+refs/heads/*:refs/remotes/origin/*', request]
  }
  return step.method === 'shallow' ? [own] : ['+refs/heads/*:refs/remotes/origin/*']
}

/** The key stays for later steps, where `ssh` looks for one, with an entry for the host in case others are installed. */
function overSsh(sshUrl: string): string {
  const { hostname } = new URL(sshUrl)
  return `if [ "$url" = ${quote(sshUrl)} ]; then
  mask=$(umask)
${sshFolder}
  install_key ${checkoutKeyFile} id_rsa || exit 1
  grep -qxF 'Host ${hostname}' "$ssh/config" 2>/dev/null || printf '\\nHost ${hostname}\\n  IdentityFile %s\\n' "$ssh/id_rsa" >>"$ssh/config"
  umask "$mask"
  export GIT_SSH_COMMAND="ssh -F /dev/null -i '$ssh/id_rsa' -o IdentitiesOnly=yes -o UserKnownHostsFile='$ssh/known_hosts' -o StrictHostKeyChecking=yes -o BatchMode=yes"
else
  echo "The image has no ssh; the repository is fetched over HTTP, and the project's checkout key is not used."
fi`
}
