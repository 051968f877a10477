#!/bin/sh
# Stays for as long as the job lives and runs what the agent asks for, one line a command:
#   run ID OUT    runs ID.sh with its output appended to OUT; then ID.status holds its exit status, and OUT the end mark
#   kill ID SIG   signals everything ID started
#   exit          ends
# Speaks through files only, so an agent that was killed finds everything again.
io=$1
token=$2
cd / || exit 1
[ -p "$io/commands" ] || mkfifo -m 666 "$io/commands" || exit 1
exec 3<>"$io/commands"
session=
command -v setsid >/dev/null 2>&1 && session=setsid
: >"$io/ready"
while read -r verb id rest <&3; do
  case $verb in
    run)
      (
        exec 3<&-
        # A pipe, not the file: a step may open /dev/stderr anew, which would cut a file short. What the step leaves
        # running may hold the pipe for ever, so its end is marked in the stream instead of waited for.
        mkfifo -m 666 "$io/$id.pipe" || exit 1
        cat <"$io/$id.pipe" >>"$io/$rest" &
        exec 4>"$io/$id.pipe"
        $session /bin/sh "$io/$id.sh" >&4 2>&1 </dev/null 4>&- &
        pid=$!
        echo "$pid" >"$io/$id.pid"
        wait "$pid"
        status=$?
        printf '\036%s.%s\036' "$id" "$token" >&4
        exec 4>&-
        echo "$status" >"$io/$id.status.new"
        mv "$io/$id.status.new" "$io/$id.status"
      ) &
      ;;
    kill)
      read -r pid <"$io/$id.pid" && { kill "-$rest" "-$pid" 2>/dev/null || kill "-$rest" "$pid" 2>/dev/null; }
      ;;
    exit) exit 0 ;;
  esac
done
