import { quote } from '../task/shell.ts'

/** More forms of one pattern than anybody needs; each costs the shell a look at the folder. */
const mostForms = 64

/**
 * Shell text that runs `body` for every `$path` that a pattern finds as Go's `filepath.Match` does (semantics 25). There a
 * wildcard matches the dot of a hidden file as well, so a name that begins with one is also said with the dot written out;
 * what that finds of `.` and `..` is passed over.
 */
export function forEachMatch(pattern: string, body: string): string {
  const names = pattern.split('/')
  const first = names.findIndex((name) => /[*?[]/.test(name))
  const outright =
    first === -1
      ? pattern
      : names
          .slice(0, first)
          .map((name) => `${name}/`)
          .join('')
  return `for path in ${formsOf(names).map(inWords).join(' ')}; do
  case /\${path#${inWords(outright)}}/ in */./* | */../*) continue ;; esac
  [ -e "$path" ] || [ -L "$path" ] || continue
  ${body}
done`
}

function formsOf([name = '', ...rest]: readonly string[]): readonly string[] {
  const own = name.startsWith('*') ? [name, `.${name}`] : name.startsWith('?') ? [name, `.${name.slice(1)}`] : [name]
  if (rest.length === 0) return own
  return own.flatMap((form) => formsOf(rest).map((below) => `${form}/${below}`)).slice(0, mostForms)
}

/** Everything but wildcards and classes is quoted. Go writes a class that excludes as `[^a]`, and `\*` for a star. */
function inWords(pattern: string): string {
  if (pattern === '') return "''"
  return pattern.replace(
    /\[\^?((?:\\.|[^\]\\])+)\]|\\(.)|[*?]|[^*?[\\]+|[[\\]/g,
    (text, inner?: string, escaped?: string) => {
      if (inner !== undefined) return `[${text[1] === '^' ? '!' : ''}${inner.replace(/\\?([^\w-])/g, '\\$1')}]`
      if (escaped !== undefined) return quote(escaped)
      return text === '*' || text === '?' ? text : quote(text)
    },
  )
}
