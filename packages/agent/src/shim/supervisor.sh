#!/bin/sh
# supervisor.sh IO TOKEN [WORD…]
# Stays for as long as the job lives and runs what the agent asks for, one line a command:
#   pipes ID…     makes ready for scripts that will be run
#   run ID OUT    runs ID.sh with its output appended to OUT; then ID.status holds its exit status, and OUT the end mark
#   kill ID SIG   signals everything ID started
#   exit          ends
# Speaks through files, so an agent that was killed finds everything again, and says in `events` that one is worth a look.
# A script is read by a fork of this shell, which spares a start; it ends by `exec $rondo_session` what it is to become.
io=$1
token=$2
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
for pipe in commands events; do [ -p "$io/$pipe" ] || mkfifo -m 666 "$io/$pipe" || exit 1; done
exec 3<>"$io/commands" 5<>"$io/events"
rondo_session=$(command -v setsid)
# The first process of its own namespace, or the first's child: whatever runs here beside it is the job's.
if [ $$ = 1 ] || [ "$PPID" = 1 ]; then
  read -r stat <"/proc/$$/stat"
  # shellcheck disable=SC2086 # words on purpose
  set -- ${stat##*) }
  echo "$4" >"$io/session"
fi
: >"$io/ready"
while read -r verb id rest <&3; do
  case $verb in
    pipes)
      set --
      for one in $id $rest; do [ -p "$io/$one.pipe" ] || set -- "$@" "$io/$one.pipe"; done
      [ $# -eq 0 ] || mkfifo -m 666 "$@"
      set --
      ;;
    run)
      (
        exec 3<&-
        # A pipe, not the file: a step may open /dev/stderr anew, which would cut a file short. What the step leaves
        # running may hold the pipe for ever, so its end is marked in the stream instead of waited for.
        [ -p "$io/$id.pipe" ] || mkfifo -m 666 "$io/$id.pipe" || exit 1
        cat <"$io/$id.pipe" >>"$io/$rest" 5>&- &
        exec 4>"$io/$id.pipe"
        (. "$io/$id.sh") >&4 2>&1 </dev/null 4>&- 5>&- &
        pid=$!
        read -r stat <"/proc/$pid/stat"
        # shellcheck disable=SC2086 # words on purpose: from the state on, 20 is the start
        set -- ${stat##*) }
        echo "$pid ${20}" >"$io/$id.pid"
        wait "$pid"
        status=$?
        printf '\036%s.%s\036' "$id" "$token" >&4
        exec 4>&-
        echo "$status" >"$io/$id.status"
        echo "$id" >&5
      ) &
      ;;
    kill)
      /bin/sh "$io/stop.sh" "$io" "$id" "$rest" &
      ;;
    exit) exit 0 ;;
  esac
done
