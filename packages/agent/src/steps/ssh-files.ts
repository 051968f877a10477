import type { TaskContext } from '../task/task-context.ts'
import { hostLine, knownHostLines } from './known-hosts.ts'

/**
 * Beginning of scripts that put keys in place: `$ssh` is the folder, `install_key NAME FILE` moves a key of the shared
 * folder there, `known_hosts` is up to date. Call `offerKnownHosts` first.
 */
export const sshFolder = `
umask 077
ssh="$HOME/.ssh"
mkdir -p "$ssh" && chmod 700 "$ssh" || { echo "The folder $ssh cannot be made, so there is no place for SSH keys. Give the job a home folder it may write to."; exit 1; }
touch "$ssh/known_hosts" "$ssh/config"
while read -r line; do grep -qxF "$line" "$ssh/known_hosts" 2>/dev/null || printf '%s\\n' "$line" >>"$ssh/known_hosts"; done <"$RONDO_IO/known_hosts"
install_key() { rm -f "$ssh/$2"; cat "$RONDO_IO/$1" >"$ssh/$2" && chmod 600 "$ssh/$2" && rm -f "$RONDO_IO/$1"; }
`

/** Puts the hosts that the job may trust into the shared folder. */
export function offerKnownHosts({ spec, folder, executor }: TaskContext): void {
  const { ssh } = spec.checkout
  const own = ssh === null ? [] : [hostLine(executor.reachable(ssh.url), ssh.hostKey)]
  const lines = [...new Set([...knownHostLines(spec.knownHosts), ...own])]
  folder.create('known_hosts', lines.map((line) => `${line}\n`).join(''))
}
