# Runs inside the job's environment for as long as the job lives, in any POSIX shell. Takes commands from the FIFO
# `in`, one a line, and never waits for a step itself, so that a command is obeyed while steps run.
#
#   run ID     a step of the job, its output to `out`; an ID that is not above the last one is ignored, so a command
#              repeated by a restarted agent changes nothing
#   bg ID      the same beside the others, its output to the FIFO `bg.ID`
#   tool ID    a script of the agent: without the job's variables, so that they cannot change what it does
#   signal ID NAME   a signal to everything the step started, also what left its session
#   check ID   writes the end of a step whose shell was killed from outside
#
# What happens is told in the output itself, in marks that carry a token only this task knows.
_rondo_token=$1
_rondo_dir=/.rondo
exec 3<>"$_rondo_dir/in" </dev/null >"$_rondo_dir/out" 2>&1

_rondo_mark() { printf '\036rondo:%s:%s\036' "$_rondo_token" "$1"; }

# How often the kernel has killed for memory in this control group; 0 where nobody counts.
_rondo_oom() {
  _rondo_count=0
  for _rondo_file in /sys/fs/cgroup/memory/memory.oom_control /sys/fs/cgroup/memory.events; do
    [ -r "$_rondo_file" ] || continue
    while read -r _rondo_key _rondo_value; do
      [ "$_rondo_key" = oom_kill ] && _rondo_count=$_rondo_value
    done <"$_rondo_file"
  done
}

_rondo_finish() {
  _rondo_status=$1
  _rondo_oom
  _rondo_mark "exit:$_rondo_id:$_rondo_status $_rondo_count"
}

# Runs in a subshell of its own: the script may change, or end, whatever it likes.
_rondo_step() {
  _rondo_id=$1
  exec 3<&- >"$2" 2>&1
  trap '_rondo_finish $?' EXIT
  if [ "$3" = job ]; then
    eval "$_rondo_environment"
    PATH=$_rondo_dir/bin:$PATH
  fi
  export RONDO_STEP="$1."
  . "$_rondo_dir/$1.run"
}

_rondo_cd() {
  case $1 in
    '~') _rondo_wd=$HOME ;;
    '~/'*) _rondo_wd=$HOME/${1#'~/'} ;;
    *) _rondo_wd=$1 ;;
  esac
  cd "$_rondo_wd" || exit 1
}

_rondo_read() {
  _rondo_text=
  while IFS= read -r _rondo_line || [ -n "$_rondo_line" ]; do _rondo_text=$_rondo_text$_rondo_line; done <"$1"
} 2>/dev/null

# First pass: whatever carries the step's mark in its environment, and the sessions these lead. Second pass: the sessions.
_rondo_signal() {
  _rondo_sessions=' '
  for _rondo_p in /proc/[0-9]*; do
    _rondo_pid=${_rondo_p#/proc/}
    [ "$_rondo_pid" = 1 ] && continue
    _rondo_read "$_rondo_p/environ"
    case $_rondo_text in
      *"RONDO_STEP=$1."*)
        _rondo_session "$_rondo_p"
        [ "$_rondo_sid" = "$_rondo_own" ] || _rondo_sessions="$_rondo_sessions$_rondo_sid "
        kill "-$2" "$_rondo_pid"
        ;;
    esac
  done 2>/dev/null
  for _rondo_p in /proc/[0-9]*; do
    _rondo_session "$_rondo_p"
    case $_rondo_sessions in *" $_rondo_sid "*) kill "-$2" "${_rondo_p#/proc/}" ;; esac
  done 2>/dev/null
}

_rondo_session() {
  _rondo_sid=none
  read -r _rondo_stat <"$1/stat" || return
  _rondo_stat=${_rondo_stat##*) }
  _rondo_stat=${_rondo_stat#* * * }
  _rondo_sid=${_rondo_stat%% *}
}

_rondo_has() { command -v "$1" >/dev/null 2>&1 && printf 1 || printf 0; }

_rondo_setsid=
for _rondo_p in /usr/bin/setsid /bin/setsid; do [ -x "$_rondo_p" ] && _rondo_setsid=$_rondo_p; done
_rondo_session /proc/self
_rondo_own=$_rondo_sid
_rondo_pipefail=0
(set -o pipefail) 2>/dev/null && _rondo_pipefail=1
_rondo_bash=0
[ -x /bin/bash ] && _rondo_bash=1
_rondo_environment=
_rondo_folder=1
. "$_rondo_dir/start.sh"
_rondo_mark "ready:0:bash=$_rondo_bash pipefail=$_rondo_pipefail git=$(_rondo_has git) tar=$(_rondo_has tar) folder=$_rondo_folder home=$HOME"

_rondo_last=-1
while IFS=' ' read -r _rondo_verb _rondo_arg _rondo_rest <&3; do
  jobs >/dev/null 2>&1
  case $_rondo_verb in
    run | bg)
      [ "$_rondo_arg" -gt "$_rondo_last" ] || continue
      _rondo_last=$_rondo_arg
      _rondo_to=$_rondo_dir/out
      [ "$_rondo_verb" = bg ] && _rondo_to=$_rondo_dir/bg.$_rondo_arg
      _rondo_step "$_rondo_arg" "$_rondo_to" job &
      eval "_rondo_shell_$_rondo_arg=$!"
      ;;
    tool)
      _rondo_step "$_rondo_arg" "$_rondo_dir/out" tool &
      eval "_rondo_shell_$_rondo_arg=$!"
      ;;
    signal) _rondo_signal "$_rondo_arg" "$_rondo_rest" & ;;
    check)
      eval "_rondo_pid=\${_rondo_shell_$_rondo_arg:-}"
      kill -0 "$_rondo_pid" 2>/dev/null || { _rondo_oom; _rondo_mark "exit:$_rondo_arg:137 $_rondo_count"; }
      ;;
  esac
done
