#!/bin/sh
# Makes the host sandbox of one attempt and becomes its first process. Called twice: on the host, and again by itself
# inside the new namespaces, where it builds the file system, drops every right, and starts the supervisor.
#   enter FOLDER TURN UID TOKEN NPROC DATA CGROUPS HIDDEN   CGROUPS, HIDDEN: one path a line; UID: user of the job on the
#                                                           host, "same" when the agent is not root
# What is mounted where is written in FOLDER/programs.mounts and own.mounts (sandbox-root.ts), in the form of fstab: one
# `mount` a table, for every process started here is time a user waits.
set -eu
stage=$1 folder=$2 turn=$3 uid=$4 token=$5 nproc=$6 data=$7 groups=$8 hidden=$9
user=3434 home=/home/circleci io=/run/rondo root=$folder/root

if [ "$stage" = enter ]; then
  while IFS= read -r group; do
    [ -z "$group" ] || echo $$ >"$group/cgroup.procs"
  done <<END
$groups
END
  own=
  [ "$uid" != same ] || own='--user --map-root-user'
  # shellcheck disable=SC2086 # words on purpose
  exec unshare $own --mount --pid --fork --ipc /bin/sh "$0" build "$folder" "$turn" "$uid" "$token" "$nproc" "$data" '' "$hidden"
fi

# 1. Who this is on the host; then whether it is still wanted: an agent that died in between has had a successor since.
read -r stat </proc/self/stat
{ read -r boot </proc/sys/kernel/random/boot_id; } 2>/dev/null || boot=unknown
# shellcheck disable=SC2086 # the name in parentheses is "sh": 22 is the start time
set -- $stat
echo "$1 ${22} $boot" >"$folder/sandbox.$turn.process"
read -r wanted <"$folder/sandbox.turn"
[ "$wanted" = "$turn" ] || exit 1

# 2. The host's programs. What is not mounted here does not exist in the job: no other user's home, no data of Rondo's.
mount --all --fstab "$folder/programs.mounts"

# 3. What the host has mounted below them came along, and is read-only too. Options that the host set stay set. What lies
# below a hidden folder cannot be reached any more, by this script neither.
covered() {
  while IFS= read -r path; do
    case $1 in "$root$path"/*) [ -z "$path" ] || return 0 ;; esac
  done <<END
$hidden
END
  return 1
}
while read -r _ _ _ _ point options _; do
  case ,$options, in *,ro,*) continue ;; esac
  # The kernel writes blanks as \040.
  case $point in *\\*) point=$(printf '%b' "$point") ;; esac
  case $point in
    "$root"/*)
      keep=
      case ,$options, in *,noexec,*) keep=,noexec ;; esac
      covered "$point" || mount -o "remount,bind,ro,nosuid,nodev$keep" "$point"
      ;;
  esac
done </proc/self/mountinfo

# 4. What a job may write, and devices; then the host's root goes.
mount --all --fstab "$folder/own.mounts"
cd "$root"
pivot_root . .
umount -l .
cd /

# 5. No rights: a user the host does not know, in a user namespace that maps to nobody else, with few of the kernel's calls.
drop='--no-new-privs --inh-caps=-all'
[ "$uid" = same ] || drop="--reuid=$uid --regid=$uid --clear-groups --bounding-set=-all $drop"
limits=
[ "$nproc" = - ] || limits="prlimit --nproc=$nproc --data=$data"
export HOME="$home" USER=circleci LOGNAME=circleci
confine=/run/confine
[ -x $confine ] || confine=
# shellcheck disable=SC2086,SC2016 # words on purpose; the last script's own variables
exec setpriv $drop unshare --user --map-user=$user --map-group=$user $limits $confine \
  /bin/sh -c '/bin/sh "$0/supervisor.sh" "$0" "$1" & wait $!; code=$?; echo "supervisor ended with $code"; exit $code' "$io" "$token"
