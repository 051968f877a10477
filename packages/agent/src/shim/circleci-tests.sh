# Read by circleci.sh: the commands of `circleci tests`. They need awk, find, sed and sort.

# Looks below the last folder that the pattern names outright, wherever that is. A shell that was given a pattern without
# quotes has found the files already; there may be thousands.
tests_glob() {
  [ $# -gt 0 ] || { echo "circleci tests: glob needs a pattern, such as \"test/**/*.js\" in quotes" >&2; exit 2; }
  for pattern in "$@"; do
    [ ! -f "$pattern" ] || { echo "$pattern"; continue; }
    plain=${pattern%%[*?[{]*}
    [ "$plain" != "$pattern" ] || continue
    case $plain in */*) below=${plain%/*}/ ;; *) below=./ ;; esac
    # Links are many below node_modules: only those of the right name are followed.
    find "$below" \( -type f -o -type l \) -print 2>/dev/null | files_like "$pattern" | while IFS= read -r path; do
      [ ! -f "$path" ] || printf '%s\n' "$path"
    done
  done | sed 's|^\./||; s|//*|/|g' | LC_ALL=C sort -u
}

# Paths on stdin that match a pattern.
files_like() {
  sed 's|^\./||; s|//*|/|g' | PATTERN=$1 awk '
    # What stands in a class means itself; none holds a slash.
    function class(inner, said) {
      said = "["
      if (inner ~ /^[!^]/) { said = "[^/"; inner = substr(inner, 2) }
      gsub(/\\/, "", inner)
      return said inner "]"
    }
    BEGIN {
      p = ENVIRON["PATTERN"]; sub(/^\.\//, "", p); gsub(/\/\/+/, "/", p); re = "^"
      for (i = 1; i <= length(p); i++) {
        c = substr(p, i, 1)
        if (substr(p, i, 3) == "**/") { re = re "(.*/)?"; i += 2 }
        else if (substr(p, i, 2) == "**") { re = re ".*"; i++ }
        else if (c == "*") re = re "[^/]*"
        else if (c == "?") re = re "[^/]"
        else if (c == "[" && (end = index(substr(p, i + 2), "]"))) { re = re class(substr(p, i + 1, end)); i += end + 1 }
        else if (c == "{") { re = re "("; braces++ }
        else if (c == "}" && braces) { re = re ")"; braces-- }
        else if (c == "," && braces) re = re "|"
        else if (c ~ /[A-Za-z0-9_\/-]/) re = re c
        else { if (c == "\\") c = substr(p, ++i, 1); re = re "\\" c }
      }
      re = re "$"
    } $0 ~ re'
}

# Options as --name=value or --name value; sets index, total, by, kind, default, counts, verbose, command and file.
read_options() {
  index=${CIRCLE_NODE_INDEX:-0} total=${CIRCLE_NODE_TOTAL:-1} by=name kind=autodetect default= counts= verbose= command= file=
  while [ $# -gt 0 ]; do
    case $1 in
      --show-counts | --show-counts=true) counts=yes; shift; continue ;;
      -v | --verbose | --verbose=true) verbose=yes; shift; continue ;;
      -h | --help) help; exit 0 ;;
      --show-counts=* | --verbose=*) shift; continue ;;
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
      --timings-file) echo "circleci tests: --timings-file is not read; times come from stored test results" >&2 ;;
      --command) command=$value ;;
      *) echo "circleci tests: $name is not known" >&2; exit 2 ;;
    esac
  done
  check_options
}

check_options() {
  case $total in '' | 0 | *[!0-9]*) echo "circleci tests: --total=$total must be a number above 0" >&2; exit 2 ;; esac
  case $index in '' | *[!0-9]*) echo "circleci tests: --index=$index must be a number from 0" >&2; exit 2 ;; esac
  [ "$index" -lt "$total" ] || { echo "circleci tests: --index=$index is not below --total=$total" >&2; exit 2; }
  case $by in name | filesize | timings) ;; *) echo "circleci tests: --split-by=$by is not known; use name, filesize or timings" >&2; exit 2 ;; esac
  case $kind in
    file) kind=filename ;;
    name) kind=testname ;;
    autodetect | filename | classname | testname) ;;
    *) echo "circleci tests: --timings-type=$kind is not known; use filename, classname or testname" >&2; exit 2 ;;
  esac
  default=$(echo "$default" | awk '
    { unit["h"] = 3600; unit["m"] = 60; unit["s"] = unit[""] = 1; unit["ms"] = 0.001
      if ($0 == "") exit
      while (match($0, /^[0-9.]+/)) {
        amount = substr($0, 1, RLENGTH); $0 = substr($0, RLENGTH + 1)
        match($0, /^[a-z]*/); name = substr($0, 1, RLENGTH); $0 = substr($0, RLENGTH + 1)
        if (!(name in unit)) break
        sum += amount * unit[name]
      }
      print ($0 == "" && name in unit) ? sum : "wrong" }')
  [ "$default" != wrong ] || { echo "circleci tests: --time-default is no time such as 10s or 1m30s" >&2; exit 2; }
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
    BEGIN { at = ENVIRON["AT"] "/"; unknown = ENVIRON["DEFAULT"] }
    NR == FNR { seconds[plain($2)] = $1; next }
    { names[++count] = $0; if (plain($0) in seconds) { known++; sum += seconds[plain($0)] } }
    END {
      if (!known) exit 1
      if (unknown == "") unknown = sum / known
      for (i = 1; i <= count; i++) {
        name = plain(names[i])
        if (!(name in seconds)) print "No timing found for \"" names[i] "\"" | "cat >&2"
        printf "%.3f\t%s\n", (name in seconds) ? seconds[name] : unknown, names[i]
      }
    }' "$1" -
}

# The heaviest goes to the node with the least, of equal ones to that with the fewest names, one after the other. Every node comes to the same answer.
share_out() {
  LC_ALL=C sort -t '	' -k1,1nr -k2 | awk -F '\t' -v index_="$index" -v total="$total" '{
    best = 0; for (i = 1; i < total; i++) if (load[i] < load[best] || load[i] == load[best] && names[i] < names[best]) best = i
    load[best] += $1; names[best]++; if (best == index_) print $2
  }'
}

# Sets names: one a line. On one line they are separated by blanks, on several a name may hold some.
read_names() {
  if [ -n "$file" ]; then names=$(cat "$file") || exit 1; else names=$(cat); fi
  newline='
'
  case $names in *"$newline"*) ;; *) names=$(printf '%s' "$names" | tr ' \t' '\n\n') ;; esac
  names=$(printf '%s\n' "$names" | tr -d '\r' | sed 's/^[[:blank:]]*//; s/[[:blank:]]*$//; /^$/d')
}

split_names() {
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
    printf '%s\n' "$names" | while IFS= read -r name; do printf '%s\t%s\n' "$({ wc -c <"$name"; } 2>/dev/null || echo 0)" "$name"; done | share_out
  else
    printf '%s\n' "$names" | LC_ALL=C sort | awk -v index_="$index" -v total="$total" '(NR - 1) % total == index_'
  fi
}

# Sets list: the names for this node.
take_share() {
  read_names
  list=$(split_names) || exit 1
  [ -z "$counts" ] || echo "$(printf '%s' "$list" | grep -c '') of $(printf '%s' "$names" | grep -c '') names fall to node $index of $total" >&2
}

tests_split() {
  read_options "$@"
  take_share
  [ -z "$list" ] || printf '%s\n' "$list"
}

# Scripts look for the sentence about no tests, and expect the command not to run then.
tests_run() {
  read_options "$@"
  [ -n "$command" ] || wrong "tests run needs --command=CMD, which gets the names on its standard input"
  take_share
  [ -n "$names" ] || echo 'No names of tests came on the standard input. Give them as in: circleci tests glob "test/**/*.js" | circleci tests run --command=…' >&2
  [ -n "$list" ] || { echo "There were no tests found for this node."; exit 0; }
  [ -z "$verbose" ] || printf 'Tests of node %s of %s:\n%s\nCommand: %s\n' "$index" "$total" "$list" "$command" >&2
  shell=/bin/bash; [ -x $shell ] || shell=/bin/sh
  printf '%s\n' "$list" | $shell -c "$command"
}
