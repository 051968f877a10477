#!/bin/sh
# The `circleci` command inside a job. Needs a POSIX shell; some parts need awk, find or sort.
help() {
  cat <<'TEXT'
usage: circleci COMMAND
  step halt                     ends the job here; it has succeeded
  env subst [TEXT]              puts the values of variables into TEXT, or into what comes on the standard input
  tests glob PATTERN…           files that match, one a line
  tests split [OPTIONS] [FILE]  the names for this node, of those in FILE or on the standard input
  tests run --command=CMD [OPTIONS]  gives the names for this node to CMD
    --split-by=name|filesize|timings  --timings-type=filename|classname|testname  --time-default=10s  --index=N  --total=N
  run oidc get [--claims '{"aud": "…"}'] [--root-issuer]  a token with which this job says who it is
  run release …, run deploy …   accepted; this installation keeps no record of releases
  version
Other commands are those of the circleci program of the image, where it has one.
TEXT
}

wrong() {
  echo "circleci: $1" >&2
  exit 2
}

# The image's own program of this name, if it has one.
of_image() {
  (
    IFS=:
    for folder in $PATH; do
      [ "$folder" != "$RONDO_IO/bin" ] && [ -x "$folder/$1" ] && [ ! -d "$folder/$1" ] && echo "$folder/$1" && exit 0
    done
    exit 1
  )
}

env_subst() {
  awk 'BEGIN { RS = "\1" } {
    text = $0; out = ""
    while (match(text, /\$([A-Za-z_][A-Za-z0-9_]*|\{[A-Za-z_][A-Za-z0-9_]*(:?[-=+][^}]*)?\})/)) {
      out = out substr(text, 1, RSTART - 1)
      token = substr(text, RSTART + 1, RLENGTH - 1)
      text = substr(text, RSTART + RLENGTH)
      gsub(/^\{|\}$/, "", token)
      name = token; sub(/[^A-Za-z0-9_].*$/, "", name)
      rest = substr(token, length(name) + 1)
      unset = !(name in ENVIRON); value = unset ? "" : ENVIRON[name]
      if (substr(rest, 1, 1) == ":") { rest = substr(rest, 2); unset = (value == "") }
      operator = substr(rest, 1, 1); word = substr(rest, 2)
      if ((operator == "-" || operator == "=") && unset) value = word
      if (operator == "+") value = unset ? "" : word
      out = out value
    }
    printf "%s", out text
  }'
}

# Looks below the last folder that the pattern names outright, wherever that is.
tests_glob() {
  [ $# -gt 0 ] || { echo "circleci tests: glob needs a pattern, such as \"test/**/*.js\" in quotes" >&2; exit 2; }
  for pattern in "$@"; do
    plain=${pattern%%[*?[{]*}
    case $plain in */*) below=${plain%/*}/ ;; *) below=./ ;; esac
    find "$below" -type f 2>/dev/null | sed 's|^\./||; s|//*|/|g' | PATTERN=$pattern awk 'BEGIN {
        p = ENVIRON["PATTERN"]; sub(/^\.\//, "", p); gsub(/\/\/+/, "/", p); re = "^"
        for (i = 1; i <= length(p); i++) {
          c = substr(p, i, 1)
          if (substr(p, i, 3) == "**/") { re = re "(.*/)?"; i += 2 }
          else if (substr(p, i, 2) == "**") { re = re ".*"; i++ }
          else if (c == "*") re = re "[^/]*"
          else if (c == "?") re = re "[^/]"
          else if (c == "{") { re = re "("; braces++ }
          else if (c == "}" && braces) { re = re ")"; braces-- }
          else if (c == "," && braces) re = re "|"
          else if (c ~ /[][A-Za-z0-9_\/-]/) re = re c
          else re = re "\\" c
        }
        re = re "$"
      } $0 ~ re'
  done | sort -u
}

# Options as --name=value or --name value; sets index, total, by, kind, default, command and file.
read_options() {
  index=${CIRCLE_NODE_INDEX:-0} total=${CIRCLE_NODE_TOTAL:-1} by=name kind=autodetect default= command= file=
  while [ $# -gt 0 ]; do
    case $1 in
      --show-counts | --verbose) shift; continue ;;
      --*=*) name=${1%%=*} value=${1#*=} ;;
      --*) [ $# -gt 1 ] || { echo "circleci tests: $1 needs a value" >&2; exit 2; }; name=$1 value=$2; shift ;;
      *) file=$1; shift; continue ;;
    esac
    shift
    case $name in
      --split-by) by=$value ;;
      --index) index=$value ;;
      --total) total=$value ;;
      --timings-type) kind=$value ;;
      --time-default) default=$value ;;
      --command) command=$value ;;
      *) echo "circleci tests: $name is not known" >&2; exit 2 ;;
    esac
  done
  case $total in '' | 0 | *[!0-9]*) echo "circleci tests: --total=$total must be a number above 0" >&2; exit 2 ;; esac
  case $index in '' | *[!0-9]*) echo "circleci tests: --index=$index must be a number from 0" >&2; exit 2 ;; esac
  [ "$index" -lt "$total" ] || { echo "circleci tests: --index=$index is not below --total=$total" >&2; exit 2; }
  case $by in name | filesize | timings) ;; *) echo "circleci tests: --split-by=$by is not known; use name, filesize or timings" >&2; exit 2 ;; esac
  case $kind in autodetect | filename | classname | testname) ;; *) echo "circleci tests: --timings-type=$kind is not known; use filename, classname or testname" >&2; exit 2 ;; esac
}

# Asks the agent how long tests took, by one kind of name; afterwards $RONDO_IO/timings.KIND holds lines of seconds, tab, name.
ask_timings() {
  [ -e "$RONDO_IO/timings.$1.ready" ] || echo "$1" >>"$RONDO_IO/asks.out"
  until [ -e "$RONDO_IO/timings.$1.ready" ]; do sleep 0.1 2>/dev/null || sleep 1; done
  [ -s "$RONDO_IO/timings.$1" ]
}

# Names on stdin, each after its seconds when it took any before; what is new counts as the average, or as --time-default.
weigh_by_timings() {
  AT=$CIRCLE_WORKING_DIRECTORY DEFAULT=$default awk -F '\t' '
    function plain(name) { if (index(name, at) == 1) name = substr(name, length(at) + 1); sub(/^\.\//, "", name); return name }
    BEGIN {
      at = ENVIRON["AT"] "/"; given = ENVIRON["DEFAULT"]
      if (given != "") { unknown = given + 0; if (given ~ /[0-9]ms$/) unknown /= 1000; if (given ~ /[0-9]m$/) unknown *= 60 }
    }
    NR == FNR { seconds[plain($2)] = $1; next }
    { names[++count] = $0; if (plain($0) in seconds) { known++; sum += seconds[plain($0)] } }
    END {
      if (!known) exit 1
      if (given == "") unknown = sum / known
      for (i = 1; i <= count; i++) { name = plain(names[i]); printf "%.3f\t%s\n", (name in seconds) ? seconds[name] : unknown, names[i] }
    }' "$1" -
}

# The heaviest goes to the node with the least, one after the other. Every node comes to the same answer.
share_out() {
  LC_ALL=C sort -t '	' -k1,1nr -k2 | awk -F '\t' -v index_="$index" -v total="$total" '{
    best = 0; for (i = 1; i < total; i++) if (load[i] < load[best]) best = i
    load[best] += $1; if (best == index_) print $2
  }'
}

split_names() {
  if [ -n "$file" ]; then names=$(cat "$file") || exit 1; else names=$(cat); fi
  newline='
'
  # On one line they are separated by spaces, on several a name may hold some.
  case $names in *"$newline"*) ;; *) names=$(printf '%s' "$names" | tr ' ' '\n') ;; esac
  names=$(printf '%s\n' "$names" | sed '/^$/d')
  [ -n "$names" ] || return 0
  if [ "$total" -le 1 ]; then printf '%s\n' "$names"; return; fi
  if [ "$by" = timings ]; then
    [ "$kind" = autodetect ] && kind='filename classname testname'
    for one in $kind; do
      ask_timings "$one" || continue
      weighed=$(printf '%s\n' "$names" | weigh_by_timings "$RONDO_IO/timings.$one") || continue
      printf '%s\n' "$weighed" | share_out
      return
    done
    echo 'No timings of these tests are at hand yet: splitting by name. Store test results, and the next run has them.' >&2
  fi
  if [ "$by" = filesize ]; then
    printf '%s\n' "$names" | while read -r name; do printf '%s\t%s\n' "$({ wc -c <"$name"; } 2>/dev/null || echo 0)" "$name"; done | share_out
  else
    printf '%s\n' "$names" | LC_ALL=C sort | awk -v index_="$index" -v total="$total" '(NR - 1) % total == index_'
  fi
}

tests_split() {
  read_options "$@"
  split_names
}

tests_run() {
  read_options "$@"
  [ -n "$command" ] || wrong "tests run needs --command=CMD, which gets the names on its standard input"
  list=$(split_names) || exit 1
  [ -n "$list" ] || { echo "No tests fall to this node."; exit 0; }
  printf '%s\n' "$list" | /bin/sh -c "$command"
}

# Asks the agent for a token; whatever else the job does meanwhile, each question has a number of its own.
oidc() {
  [ "$1" = get ] || wrong "run oidc has no command \"$1\"; it has get"
  shift
  root= claims= number=0
  while [ $# -gt 0 ]; do
    case $1 in
      --claims=*) claims=${1#*=} ;;
      --claims) [ $# -gt 1 ] || wrong "run oidc get: --claims needs a value"; claims=$2; shift ;;
      --root-issuer | --root-issuer=true) root=root ;;
      --root-issuer=false) root= ;;
      *) wrong "run oidc get: $1 is not known; there are --claims and --root-issuer" ;;
    esac
    shift
  done
  until (set -C; : >"$RONDO_IO/token.$number.ask") 2>/dev/null; do
    [ $((number += 1)) -lt 100000 ] || { echo "circleci: the token cannot be asked for: $RONDO_IO cannot be written to" >&2; exit 1; }
  done
  question="$RONDO_IO/token.$number"
  printf '%s\n%s\n' "$root" "$claims" >"$question.ask"
  echo "$number" >>"$RONDO_IO/tokens.out"
  until [ -e "$question.ready" ]; do sleep 0.1 2>/dev/null || sleep 1; done
  status=0
  if [ -e "$question.error" ]; then
    echo "circleci: run oidc get: $(cat "$question.error")" >&2
    status=1
  else
    cat "$question.token"
  fi
  rm -f "$question.token" "$question.error" "$question.ready" "$question.ask"
  return $status
}

case "$1 $2" in
  "run release" | "run deploy") echo "Accepted; this installation keeps no record of releases and deployments."; exit 0 ;;
  "run oidc") shift 2; oidc "$@"; exit ;;
esac
[ "$1" = run ] && shift
case "$1 $2" in
  "step halt") : >"$RONDO_IO/halt" ;;
  "env subst") shift 2; if [ $# -gt 0 ]; then printf '%s' "$*" | env_subst; else env_subst; fi ;;
  "tests glob") shift 2; tests_glob "$@" ;;
  "tests split") shift 2; tests_split "$@" ;;
  "tests run") shift 2; tests_run "$@" ;;
  "version "* | "--version "*) echo "circleci of Rondo" ;;
  " " | "help "* | "--help "* | "-h "*) help ;;
  *)
    program=$(of_image "${0##*/}") && exec "$program" "$@"
    case $1 in
      step | env | tests) wrong "$1 has no command \"$2\". Run circleci help for those there are." ;;
      *) wrong "there is no command \"$1\" here, and the image has no circleci program of its own. Run circleci help for those there are." ;;
    esac
    ;;
esac
