#!/bin/sh
# Makes the host sandbox of one attempt and becomes its first process. Called twice: on the host, and again by itself
# inside the new namespaces, where it builds the file system, drops every right, and starts the supervisor.
#   enter FOLDER TURN UID TOKEN NPROC DATA CGROUPS HIDDEN   CGROUPS, HIDDEN: one path a line; UID: user of the job on the
#                                                           host, "same" when the agent is not root
set -eu
stage=$1 folder=$2 turn=$3 uid=$4 token=$5 nproc=$6 data=$7 groups=$8 hidden=$9
user=3434 home=/home/circleci io=/run/rondo

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

# 2. A root of its own. What is not put here does not exist in the job: no other user's home, no data of Rondo's.
root=$folder/root
mkdir -p "$root"
mount -t tmpfs -o mode=755,size=16m sandbox "$root"
cd "$root"
mkdir proc dev dev/pts dev/shm home ".$home" run ".$io" tmp var
ln -s /tmp var/tmp
ln -s /run var/run
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr
for name in usr etc opt nix gnu bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$name" ]; then
    ln -s "$(readlink "/$name")" "$name"
  elif [ -d "/$name" ]; then
    mkdir "$name"
    mount --rbind "/$name" "$name"
  fi
done
while IFS= read -r path; do
  [ -z "$path" ] || [ ! -d ".$path" ] || mount -t tmpfs -o mode=000,size=4k hidden ".$path"
done <<END
$hidden
END
mount --bind "$folder/passwd" etc/passwd
mount --bind "$folder/group" etc/group
# Where names are resolved by a service of the host, its file lies outside of /etc.
resolver=$(readlink -f /etc/resolv.conf || true)
case $resolver in
  /run/*)
    mkdir -p ".${resolver%/*}"
    : >".$resolver"
    mount --bind "$resolver" ".$resolver"
    ;;
esac

# 3. Everything up to here is read-only, with what is mounted below it. Options that the host set stay set. What is mounted
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
  case $point in
    "$root"/*)
      # The kernel writes blanks as \040.
      case $point in *\\*) point=$(printf '%b' "$point") ;; esac
      keep=
      case ,$options, in *,noexec,*) keep=,noexec ;; esac
      covered "$point" || mount -o "remount,bind,ro,nosuid,nodev$keep" "$point"
      ;;
  esac
done </proc/self/mountinfo

# 4. What a job may write: its home, its temporary folder, the folder it shares with the agent, shared memory.
for name in null zero full random urandom tty; do
  : >"dev/$name"
  mount --bind "/dev/$name" "dev/$name"
done
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
mount -t proc -o nosuid,nodev,noexec proc proc
mount --bind "$folder/tmp" tmp
mount --bind "$folder/home" ".$home"
mount --bind "$folder/io" ".$io"
mount -o remount,bind,ro,nosuid,nodev "$root"
pivot_root . dev/shm
cd /
umount -l /dev/shm # the host's root, until here
mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm

# 5. No rights: a user the host does not know, in a user namespace that maps to nobody else.
drop='--no-new-privs --inh-caps=-all'
[ "$uid" = same ] || drop="--reuid=$uid --regid=$uid --clear-groups --bounding-set=-all $drop"
limits=
[ "$nproc" = - ] || limits="prlimit --nproc=$nproc --data=$data"
export HOME="$home" USER=circleci LOGNAME=circleci
# shellcheck disable=SC2086,SC2016 # words on purpose; the last script's own variables
exec setpriv $drop unshare --user --map-user=$user --map-group=$user $limits \
  /bin/sh -c '/bin/sh "$0/supervisor.sh" "$0" "$1" & wait $!' "$io" "$token"
