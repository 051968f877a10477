#!/bin/sh
# The `circleci` command inside a job. Needs a POSIX shell; some parts need awk, find or sort.
usage() {
  echo "usage: circleci step halt | env subst [TEXT] | tests glob PATTERN… | tests split [--split-by=name|filesize] [FILE] | tests run --command=CMD" >&2
  exit 2
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
      value = ENVIRON[name]; unset = !(name in ENVIRON)
      if (substr(rest, 1, 1) == ":") { rest = substr(rest, 2); unset = (value == "") }
      operator = substr(rest, 1, 1); word = substr(rest, 2)
      if ((operator == "-" || operator == "=") && unset) value = word
      if (operator == "+") value = unset ? "" : word
      out = out value
    }
    printf "%s", out text
  }'
}

tests_glob() {
  for pattern in "$@"; do
    find . -type f 2>/dev/null | sed 's|^\./||' | PATTERN=$pattern awk 'BEGIN {
        p = ENVIRON["PATTERN"]; sub(/^\.\//, "", p); re = "^"
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

tests_split() {
  index=${CIRCLE_NODE_INDEX:-0} total=${CIRCLE_NODE_TOTAL:-1} by=name file=
  for argument in "$@"; do
    case $argument in
      --split-by=*) by=${argument#*=} ;;
      --index=*) index=${argument#*=} ;;
      --total=*) total=${argument#*=} ;;
      --timings-type=* | --time-default=* | --show-counts) ;;
      -*) echo "circleci tests split: $argument is not known" >&2; exit 2 ;;
      *) file=$argument ;;
    esac
  done
  [ "$by" = timings ] && echo "No timing data is at hand; splitting by name." >&2
  if [ -n "$file" ]; then cat "$file"; else cat; fi | tr ' ' '\n' | sed '/^$/d' | if [ "$by" = filesize ]; then
    while read -r name; do echo "$(wc -c <"$name" 2>/dev/null || echo 0) $name"; done | sort -k1,1nr -k2 |
      awk -v index_="$index" -v total="$total" '{ best = 0; for (i = 1; i < total; i++) if (load[i] < load[best]) best = i; load[best] += $1; sub(/^[0-9]+ /, ""); if (best == index_) print }'
  else
    sort | awk -v index_="$index" -v total="$total" '(NR - 1) % total == index_'
  fi
}

tests_run() {
  command=
  for argument in "$@"; do case $argument in --command=*) command=${argument#*=} ;; esac; done
  [ -n "$command" ] || usage
  list=$(tests_split)
  [ -n "$list" ] || { echo "No tests fall to this node."; exit 0; }
  printf '%s\n' "$list" | /bin/sh -c "$command"
}

[ "$1" = run ] && shift
case "$1 $2" in
  "step halt") : >"$RONDO_IO/halt" ;;
  "env subst") shift 2; if [ $# -gt 0 ]; then printf '%s' "$*" | env_subst; else env_subst; fi ;;
  "tests glob") shift 2; tests_glob "$@" ;;
  "tests split") shift 2; tests_split "$@" ;;
  "tests run") shift 2; tests_run "$@" ;;
  *) usage ;;
esac
