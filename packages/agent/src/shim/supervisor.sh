#!/bin/sh
# supervisor.sh IO TOKEN [WORD…]
# Stays for as long as the job lives and runs what the agent asks for, one line a command, from two pipes:
#   lane       run ID OUT PROLOGUE COMMAND NEXT   a script; the next line is read when it has ended
#              then ID OUT PROLOGUE COMMAND NEXT AFTER TURN
#                                                 the same, if AFTER came last and passed, the job was not halted, and
#                                                 less than two seconds went by; else `progress` says it was refused
#   commands   run ID OUT PROLOGUE COMMAND        a script beside the others
#              kill ID SIGNAL                     signals everything ID started
# A fork of this shell makes ready what is the same for all scripts (job.sh), reads the file PROLOGUE, and becomes the
# shell that the prologue sets as its arguments, with the file COMMAND. `-` stands for none: without a command the
# prologue is all there is, without a prologue the shell is bash, or sh. What is printed goes to OUT, and then the end
# mark. NEXT is passed over: supervisors of earlier agents made something ready by it.
# Says in `progress` what began (ID, process, when), ended (ID, exit status) and was refused (ID, TURN), so an agent
# that was killed finds everything again; and that it has stopped by itself (exit status), as shells do that may not fork, or
# that the shell which served the lane was killed (how many were by now: the number in the name of the lane from then on).
# What waits in the lane is gone on with while nobody looks, so it is little, and only ever follows short scripts: an
# agent that died is not survived by steps that begin minutes later. Starting programs and making files is what a user waits
# for, so few are started and made here.
rondo_io=$1
rondo_token=$2
shift 2
# What the config wants this container to run beside its steps; the container prints what it prints.
if [ $# -gt 0 ]; then
  (
    "$@" </dev/null
    echo "The container's process ended with exit code $?; its steps go on."
  ) &
  set --
fi
cd / || exit 1
rondo_umask=$(umask)
# The agent, another user perhaps, appends to what is made here.
umask 0
# Nobody is told of what happens in here, as the agent is of the folder itself.
rondo_pipes=$rondo_io/pipes
[ -d "$rondo_pipes" ] || rondo_pipes=$rondo_io
[ -p "$rondo_io/lane" ] || mkfifo -m 666 "$rondo_io/lane" "$rondo_io/commands" || exit 1
exec 3<>"$rondo_io/lane" 4<>"$rondo_io/commands" 5>>"$rondo_io/progress" || exit 1
trap 'echo "stopped $?" >&5' EXIT
# Whoever reads what is printed may be gone.
trap '' PIPE
# The agent's own program, where it can be run, starts scripts and copies what they print; else the image's do.
rondo_step=$rondo_io/step rondo_copy=$rondo_io/step rondo_session=
{ [ -x "$rondo_step" ] && "$rondo_step" </dev/null 2>/dev/null; } || {
  rondo_step='' rondo_copy=$(command -v cat) rondo_session=$(command -v setsid)
}
rondo_strict=-e
[ -x /bin/bash ] || ! (set -o pipefail) 2>/dev/null || rondo_strict='-eo pipefail'
# The first process of its own namespace, or the first's child: whatever runs here beside it is the job's.
if [ $$ = 1 ] || [ "$PPID" = 1 ]; then
  read -r rondo_stat <"/proc/$$/stat"
  # shellcheck disable=SC2086 # words on purpose
  set -- ${rondo_stat##*) }
  echo "$4" >"$rondo_io/session"
fi

# Says a line in `progress`. The agent waits for it, so where the disk has no room for it, it is said again. What came of it
# before must not count: with a letter behind it, no number in it is one.
tell() {
  echo "$1" >&5 || until printf 'x\n%s\n' "$1" >&5; do sleep 1; done
}

# Chooses the pipe for what the script prints. A pipe, not the file: a step may open /dev/stderr anew, which would cut a
# file short. They are used in turn, but never one that something a script left behind still holds.
choose_pipe() {
  rondo_turn=$(((rondo_turn + 1) % 4))
  eval "rondo_pipe=\${rondo_pipe$rondo_turn:-} rondo_reader=\${rondo_reader$rondo_turn:-}"
  if [ ! -x "$rondo_pipe" ] || { [ -n "$rondo_reader" ] && kill -0 "$rondo_reader"; }; then
    rondo_pipe=$rondo_pipes/$rondo_id.pipe
    [ -p "$rondo_pipe" ] || mkfifo -m 777 "$rondo_pipe"
  fi
  [ -p "$rondo_pipe" ] || exit 1
  eval "rondo_pipe$rondo_turn=\$rondo_pipe rondo_reader$rondo_turn="
}

# Runs a script to its end: ID OUT PROLOGUE COMMAND.
play() {
  rondo_id=$1 rondo_out=$2 rondo_prologue=$3 rondo_command=$4 rondo_status=
  choose_pipe
  # Where there is no room to begin its output, it waits.
  until [ -e "$rondo_io/$rondo_out" ] || true >>"$rondo_io/$rondo_out"; do sleep 1; done
  if [ -n "$rondo_step" ] && [ "$rondo_command" != - ]; then
    play_by_step 6<>"$rondo_pipe" 7>"$rondo_pipe"
  else
    $rondo_copy <"$rondo_pipe" >>"$rondo_io/$rondo_out" 3<&- 4<&- 5>&- &
    eval "rondo_reader$rondo_turn=$!"
    # Opening waits for the reader, and where the end of an earlier one interrupts that (busybox, older dash), it is opened
    # anew: a redirection of `exec` that fails would end this shell, and the job with it.
    while [ -z "$rondo_status" ] && [ -p "$rondo_pipe" ]; do play_by_shell 7>"$rondo_pipe"; done
  fi
  tell "ended $rondo_id ${rondo_status:-1}"
}

# The agent's program starts the reader, too. What is said before it has the pipe goes straight to the file, with the mark
# if the script does not come to it. Nothing waits for a reader where the pipe is open both ways.
play_by_step() {
  (
    trap print_mark EXIT
    become_script
  ) >>"$rondo_io/$rondo_out" 2>&1 </dev/null 3<&- 4<&- 5>&- 6>&- 7>&- &
  rondo_pid=$!
  exec 6>&-
  see_end
}

play_by_shell() {
  (become_script) >&7 2>&1 </dev/null 3<&- 4<&- 5>&- 7>&- &
  rondo_pid=$!
  see_end
}

become_script() {
  trap - PIPE
  umask "$rondo_umask"
  set --
  rondo_job
  if [ "$rondo_command" = - ]; then
    . "$rondo_io/$rondo_prologue"
    exit
  fi
  [ "$rondo_prologue" = - ] || . "$rondo_io/$rondo_prologue"
  if [ $# -gt 0 ]; then :; elif [ -x /bin/bash ]; then set -- /bin/bash -eo pipefail; else set -- /bin/sh $rondo_strict; fi
  case $1 in
    */*) ;;
    *)
      rondo_shell=$(command -v "$1")
      shift
      set -- "$rondo_shell" "$@"
      ;;
  esac
  [ -z "$rondo_step" ] || exec "$rondo_step" "$rondo_pipe" "$@" "$rondo_io/$rondo_command"
  exec $rondo_session "$@" "$rondo_io/$rondo_command"
}

see_end() {
  tell "began $rondo_id $rondo_pid $rondo_now"
  wait "$rondo_pid"
  rondo_status=$?
  print_mark >&7
}

# What the script left running may hold the pipe for ever, so the end is marked in the stream instead of waited for.
print_mark() {
  printf '\036%s.%s\036' "$rondo_id" "$rondo_token"
}

# The time since the machine was started: in hundredths of a second, as the kernel counts starts of processes, in
# rondo_now, and in whole seconds in rondo_second; 0 where it cannot be told.
look_at_clock() {
  rondo_up=0.0
  read -r rondo_up rondo_stat </proc/uptime
  rondo_second=${rondo_up%.*} rondo_now=${rondo_up%.*}${rondo_up#*.}
}

# Whether a script may follow the script AFTER without being asked for again.
may_follow() {
  [ "$1" = "$rondo_last" ] && [ "$rondo_status" = 0 ] && [ ! -e "$rondo_io/halt" ] || return 1
  look_at_clock
  [ "$rondo_second" != 0 ] && [ $((rondo_second - rondo_since)) -lt 2 ]
}

exec 2>/dev/null
while read -r rondo_verb rondo_id rondo_rest <&4; do
  case $rondo_verb in
    run)
      (
        . "$rondo_io/job.sh"
        # shellcheck disable=SC2086 # words on purpose
        set -- $rondo_rest
        look_at_clock
        play "$rondo_id" "$1" "$2" "$3"
      ) &
      ;;
    kill)
      /bin/sh "$rondo_io/stop.sh" "$rondo_io" "$rondo_id" "$rondo_rest" &
      ;;
  esac
done &
# What it says is what this supervisor knows beyond the first one, for agents that come after an upgrade.
echo then >"$rondo_io/ready"

set --
for rondo_turn in 0 1 2 3; do
  [ -p "$rondo_pipes/$rondo_turn.pipe" ] || set -- "$@" "$rondo_pipes/$rondo_turn.pipe"
  eval "rondo_pipe$rondo_turn=\$rondo_pipes/\$rondo_turn.pipe"
done
[ $# -eq 0 ] || mkfifo -m 777 "$@"
# Runs what comes by the lane.
serve_lane() {
  rondo_last= rondo_begun=' '
  while read -r rondo_verb rondo_id rondo_out rondo_prologue rondo_command rondo_unused rondo_after rondo_turn_given <&3; do
    # An agent that comes back may ask again for what it does not know to have begun.
    case $rondo_begun in *" $rondo_id "*) continue ;; esac
    case $rondo_verb in
      run)
        [ -n "$rondo_last" ] || . "$rondo_io/job.sh"
        look_at_clock
        ;;
      then)
        may_follow "$rondo_after" || {
          tell "refused $rondo_id $rondo_turn_given"
          continue
        }
        ;;
      *) continue ;;
    esac
    rondo_last=$rondo_id rondo_since=$rondo_second rondo_begun="$rondo_begun$rondo_id "
    play "$rondo_id" "$rondo_out" "$rondo_prologue" "$rondo_command"
  done
}

# Steps are children of the shell that serves the lane, and kill it by mistake (`kill -9 $PPID`, `pkill sh`). Then another goes
# on, at a lane of its own: what was on the way to the first may have begun, so nobody takes it up. A shell that ended by
# itself could not go on.
rondo_falls=0
while :; do
  serve_lane &
  wait "$!"
  rondo_status=$?
  [ "$rondo_status" -gt 128 ] || exit "$rondo_status"
  # What it left may still hold them.
  rondo_pipe0='' rondo_pipe1='' rondo_pipe2='' rondo_pipe3=''
  rondo_falls=$((rondo_falls + 1))
  mkfifo -m 666 "$rondo_io/lane$rondo_falls" || exit 1
  exec 3<>"$rondo_io/lane$rondo_falls" || exit 1
  tell "fell $rondo_falls"
done
