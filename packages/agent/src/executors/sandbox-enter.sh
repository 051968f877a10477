#!/bin/sh
# Runs a program in a host sandbox that is there already, as the job's user and with as little right as its steps.
#   PID UID NPROC DATA CGROUPS COMMAND…   PID: the sandbox's first process; UID: its user on the host, "same" when the agent is
#                                         not root; NPROC, DATA: its limits; CGROUPS: one path a line
# A sandbox of an unprivileged agent has two user namespaces, one in the other: the outer one owns the mounts, and is that of the
# process which waits for the first.
set -eu
pid=$1 uid=$2 nproc=$3 data=$4 groups=$5
shift 5

while IFS= read -r group; do
  [ -z "$group" ] || echo $$ >"$group/cgroup.procs"
done <<END
$groups
END

# The inner namespace, open before the host's /proc goes.
exec 9<"/proc/$pid/ns/user"
own=
drop='--no-new-privs --inh-caps=-all'
if [ "$uid" = same ]; then
  while read -r key value; do [ "$key" != PPid: ] || parent=$value; done <"/proc/$pid/status"
  own="--user=/proc/$parent/ns/user --preserve-credentials"
else
  drop="--reuid=$uid --regid=$uid --clear-groups --bounding-set=-all $drop"
fi
limits="prlimit --nproc=$nproc --data=$data"
export HOME=/home/circleci USER=circleci LOGNAME=circleci SHELL=/bin/sh
# shellcheck disable=SC2086 # words on purpose
exec nsenter $own --mount="/proc/$pid/ns/mnt" --pid="/proc/$pid/ns/pid" --ipc="/proc/$pid/ns/ipc" \
  setpriv $drop nsenter --user=/proc/self/fd/9 --preserve-credentials $limits \
  /bin/sh -c 'exec 9<&-; cd; [ ! -x /run/confine ] || exec /run/confine /bin/sh -c "exec \"\$@\"" sh "$@"; exec "$@"' sh "$@"
