#!/bin/sh
# The `circleci` command inside a job. Needs a POSIX shell; some parts need awk.
help() {
  cat <<'TEXT'
usage: circleci COMMAND
  step halt, task halt          ends the job here; it has succeeded
  env subst [TEXT]              puts the values of variables into TEXT, or into what comes on the standard input
  tests glob PATTERN…           files that match, one a line
  tests split [OPTIONS] [FILE]  the names for this node, of those in FILE or on the standard input
  tests run --command=CMD [OPTIONS]  gives the names for this node to CMD
    --split-by=name|filesize|timings  --timings-type=filename|classname|testname  --time-default=10s  --index=N  --total=N
    --show-counts  --verbose
  run testsuite NAME            discovers, shares out and runs the tests of a suite of .circleci/test-suites.yml
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

# As a8m/envsubst does, which scripts know: $$ is a dollar, $_ stays, and an alternative may name another variable.
env_subst() {
  awk '
    function of(name) { return (name in ENVIRON) ? ENVIRON[name] : "" }
    function alternative(word, said) {
      while (match(word, /\$[A-Za-z0-9_]+/)) {
        said = said substr(word, 1, RSTART - 1) of(substr(word, RSTART + 1, RLENGTH - 1))
        word = substr(word, RSTART + RLENGTH)
      }
      return said word
    }
    # NAME, or NAME and an operator with a word; what is no such thing stays as it is.
    function braces(inner, name, operator) {
      name = inner; sub(/[^A-Za-z0-9_].*$/, "", name)
      if (name == "" || name == "_") return "${" inner "}"
      match(substr(inner, length(name) + 1), /^:?[-=+]/)
      operator = substr(inner, length(name) + RLENGTH, 1)
      if (RLENGTH < 1) return of(name)
      inner = substr(inner, length(name) + RLENGTH + 1)
      if (operator == "+") return (name in ENVIRON) ? alternative(inner) : ""
      return (RLENGTH == 2 ? of(name) != "" : name in ENVIRON) ? of(name) : alternative(inner)
    }
    BEGIN { RS = "\1" }
    {
      text = $0; out = ""
      while (at = index(text, "$")) {
        out = out substr(text, 1, at - 1); text = substr(text, at)
        if (match(text, /^\$[A-Za-z0-9_]+/)) {
          name = substr(text, 2, RLENGTH - 1)
          out = out (name == "_" ? "$_" : of(name)); text = substr(text, RLENGTH + 1)
        } else if (substr(text, 2, 1) == "{") {
          if (!match(text, /^[^}\r\n]*}/)) { print "circleci: env subst: closing brace expected after " substr(text, 1, 40) | "cat >&2"; exit 2 }
          inner = substr(text, 3, RLENGTH - 3); text = substr(text, RLENGTH + 1); out = out braces(inner)
        } else { out = out "$"; text = substr(text, substr(text, 2, 1) == "$" ? 3 : 2) }
      }
      printf "%s", out text
    }'
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
  "step halt" | "task halt") : >"$RONDO_IO/halt" ;;
  "env subst") shift 2; if [ $# -gt 0 ]; then printf '%s' "$*" | env_subst; else env_subst; fi ;;
  "tests glob" | "tests split" | "tests run") . "$RONDO_IO/circleci-tests.sh"; name=$2; shift 2; "tests_$name" "$@" ;;
  "testsuite "*) . "$RONDO_IO/circleci-tests.sh"; . "$RONDO_IO/circleci-testsuite.sh"; shift; testsuite "$@" ;;
  "version "* | "--version "*) echo "circleci of Rondo" ;;
  " " | "help "* | "--help "* | "-h "* | "tests --help" | "env --help" | "step --help" | "task --help") help ;;
  *)
    program=$(of_image "${0##*/}") && exec "$program" "$@"
    case $1 in
      step | task | env | tests) wrong "$1 has no command \"$2\". Run circleci help for those there are." ;;
      *) wrong "there is no command \"$1\" here, and the image has no circleci program of its own. Run circleci help for those there are." ;;
    esac
    ;;
esac
