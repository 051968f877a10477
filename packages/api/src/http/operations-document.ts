import type { Api } from './register.ts'
import { anybody, oneself } from './subjects.ts'

/** The document of all operations, derived from the routes: `docs/api-operations.md`, which a test holds it against. */
export function operationsDocument(apis: readonly Api[]): string {
  return [
    '# API operations',
    '',
    'Derived from the routes of `packages/api/src/http`; [api.md](api.md) explains how to ask. "Takes" is the right that the asker needs:',
    '`view`, `contribute`, `configure` or `administer`; `token` where any known person may ask, nothing where anybody may.',
    ...apis.flatMap(({ bases, projectTokens, routes }) => [
      '',
      `## ${bases.map((base) => `\`${base}\``).join(' and ')}`,
      projectTokens ? 'For people, and for tokens of projects within their scope.' : 'For people.',
      '',
      '| operation | takes | what it does |',
      '|---|---|---|',
      ...routes.map(({ method, path, subject, right, summary }) => {
        const takes = subject === anybody ? '' : subject === oneself ? 'token' : right
        return `| \`${method} ${path}\` | ${takes} | ${summary} |`
      }),
    ]),
    '',
  ].join('\n')
}
