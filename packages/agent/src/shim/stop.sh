#!/bin/sh
# Signals everything a script started that still lives: what descends from it, and what broke away from it into a session
# of its own.   stop.sh IO ID SIGNAL
# Nothing here is trusted: the job may have written IO, and processes choose their names.
io=$1 id=$2 signal=$3
numbers() { for one in "$@"; do case $one in '' | *[!0-9]*) return 1 ;; esac; done; }
# Other scripts, in the background perhaps, keep what is theirs.
shell= others=' '
while read -r event script pid start; do
  [ "$event" = began ] && numbers "$pid" "$start" || continue
  if [ "$script" = "$id" ]; then shell=$pid began=$start; else others="$others$pid "; fi
done <"$io/progress"
[ -n "$shell" ] || exit 0
# Session of the supervisor, written where it has its processes to itself: only there whatever broke away is the job's.
home=
[ -r "$io/session" ] && read -r home <"$io/session"
numbers "$home" || home=
pids=
for folder in /proc/[0-9]*; do
  { read -r stat <"$folder/stat"; } 2>/dev/null || continue
  # shellcheck disable=SC2086 # words on purpose: state, parent, group, session, … 20 is the start
  set -- ${stat##*) }
  [ $# -ge 20 ] && [ "$1" != Z ] && numbers "$2" "$4" "${20}" || continue
  pid=${folder#/proc/}
  pids="$pids $pid"
  eval "parent$pid=$2 session$pid=$4 start$pid=${20}"
done

belongs() {
  at=$1
  while :; do
    [ "$at" = "$shell" ] && return 0
    eval "up=\${parent$at:-0} session=\${session$at:-0} start=\${start$at:-0}"
    [ "$session" = "$shell" ] && return 0
    case $others in *" $session "*) return 1 ;; esac
    case $up in
      0) return 1 ;;
      1) [ -n "$home" ] && [ "$session" != "$home" ] && [ "$start" -ge "$began" ]; return ;;
    esac
    at=$up
  done
}

victims=
for pid in $pids; do belongs "$pid" && victims="$victims $pid"; done
# shellcheck disable=SC2086 # words on purpose
[ -z "$victims" ] || kill "-$signal" $victims 2>/dev/null
