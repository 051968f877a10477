# Read by circleci.sh after circleci-tests.sh: `circleci run testsuite NAME`, also written `circleci testsuite run NAME`.
# Runs a suite of .circleci/test-suites.yml: its `discover` finds the tests, which are shared out over the nodes by the times
# they took, and its `run` gets those of this node. The options of suites need a service that keeps what covers what; they
# are said and left out, so that every test runs once.

# Prints assignments of suite_name, suite_discover, suite_run, suite_junit and suite_options for the suite $1 of the file $2.
# Of YAML it reads what such files hold: documents, keys, one level of keys below, plain, quoted and block values.
read_suite() {
  WANTED=$1 awk '
    function quoted(text) { gsub(/\047/, "\047\\\047\047", text); return "\047" text "\047" }
    function plain(text, inner) {
      if (match(text, /^\047([^\047]|\047\047)*\047/) || match(text, /^"([^"\\]|\\.)*"/)) {
        inner = substr(text, 2, RLENGTH - 2)
        if (substr(text, 1, 1) == "\"") gsub(/\\"/, "\"", inner); else gsub(/\047\047/, "\047", inner)
        if (substr(text, RLENGTH + 1) ~ /^[ \t]*(#.*)?$/) return inner
      }
      sub(/[ \t]+#.*$/, "", text); sub(/[ \t]+$/, "", text)
      return text
    }
    function end_value() {
      if (key != "") value[key] = block == "" ? plain(text) : text
      key = block = text = ""
    }
    function end_document() {
      end_value()
      if (!found && value["name"] == ENVIRON["WANTED"]) {
        found = 1
        print "suite_discover=" quoted(value["discover"]) " suite_run=" quoted(value["run"])
        print "suite_junit=" quoted(value["outputs.junit"]) " suite_options=" quoted(options)
      }
      split("", value); section = options = ""
    }
    { sub(/\r$/, ""); indent = match($0, /[^ ]/) - 1 }
    /^(---|\.\.\.)([ \t]|$)/ { end_document(); next }
    block != "" && (indent < 0 || indent > depth) {
      if (indent >= 0 && margin < 0) margin = indent
      line = indent < 0 ? "" : substr($0, margin + 1)
      text = text (text == "" ? "" : block == ">" ? " " : "\n") line
      next
    }
    indent < 0 || /^ *#/ { next }
    /^ *[A-Za-z_-]+:([ \t]|$)/ && (indent <= depth || text == "") {
      name = substr($0, indent + 1); sub(/:.*/, "", name)
      if (indent > 0 && section == "") section = key
      end_value()
      if (indent == 0) section = ""
      if (section == "options") options = options " " name
      key = section == "" ? name : section "." name
      depth = indent; text = $0; sub(/^ *[A-Za-z_-]+:[ \t]*/, "", text)
      if (text ~ /^[|>][-+]?[ \t]*(#.*)?$/) { block = substr(text, 1, 1); text = ""; margin = -1 }
      next
    }
    key != "" { sub(/^ */, ""); text = text (text == "" ? "" : " ") $0 }
    END { end_document() }' "$2"
}

# Puts $3 where $1 says << $2 >>.
filled() {
  TEXT=$1 VALUE=$3 awk -v name="$2" 'BEGIN {
    text = ENVIRON["TEXT"]; sub(/\./, "[.]", name)
    while (match(text, "<< *" name " *>>")) {
      printf "%s%s", substr(text, 1, RSTART - 1), ENVIRON["VALUE"]
      text = substr(text, RSTART + RLENGTH)
    }
    printf "%s", text
  }'
}

testsuite() {
  [ "$1" != run ] || shift
  wanted=
  for word in "$@"; do case $word in --*) ;; *) wanted=$word ;; esac; done
  [ -n "$wanted" ] && [ "$wanted" != doctor ] || wrong 'run testsuite needs the name of a suite, as in: circleci run testsuite "ci tests"'
  suites=.circleci/test-suites.yml
  [ -f $suites ] || wrong "run testsuite reads $suites, which is not in $PWD. Run it where that file lies."
  suite_discover= suite_run= suite_junit= suite_options=
  eval "$(read_suite "$wanted" $suites)"
  [ -n "$suite_discover" ] && [ -n "$suite_run" ] || wrong "$suites has no suite \"$wanted\" with \`discover\` and \`run\`."
  [ -z "$suite_options" ] || echo "What this suite asks for in its options is not carried out here: all its tests run, once. It is:$suite_options" >&2
  read_options --split-by=timings
  shell=/bin/bash; [ -x $shell ] || shell=/bin/sh
  file=$(mktemp) && $shell -c "$suite_discover" >"$file" || { echo "circleci: the suite's discover command failed: $suite_discover" >&2; exit 1; }
  take_share
  rm -f "$file"
  [ -n "$list" ] || { echo "There were no tests found for this node."; exit 0; }
  run_suite
}

run_suite() {
  junit=${suite_junit:-${TMPDIR:-/tmp}/junit-$$.xml}
  case $junit in */*) mkdir -p "${junit%/*}" ;; esac
  command=$(filled "$suite_run" outputs.junit "$junit")
  with_names=$(filled "$command" test.atoms "$(printf '%s' "$list" | tr '\n' ' ')")
  if [ "$with_names" = "$command" ]; then printf '%s\n' "$list" | $shell -c "$command"; else $shell -c "$with_names"; fi
}
