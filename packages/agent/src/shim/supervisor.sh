#!/bin/sh
# Stays for as long as the job lives and runs what the agent asks for, one line a command:
#   run ID OUT    runs ID.sh with its output appended to OUT; then ID.status holds its exit status
#   kill ID SIG   signals everything ID started
#   exit          ends
# Speaks through files only, so an agent that was killed finds everything again.
io=$1
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
        $session /bin/sh "$io/$id.sh" >>"$io/$rest" 2>&1 </dev/null &
        pid=$!
        echo "$pid" >"$io/$id.pid"
        wait "$pid"
        status=$?
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
