import type { SettingsPageView } from '@rondo/protocol'
import { restClientOf } from '../client/rest-client.ts'
import { CallError, jsonFlag, type Verb } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { serverFlags } from '../registry/server.ts'
import { scopeFlags, scopeOf, setText, table } from './filter.ts'

export const settingsVerb: Verb = {
  name: 'settings',
  usage: 'rondo admin settings [NAME VALUE|default]',
  summary: 'time limits, retention and retries: all of them, or set one',
  flags: { ...scopeFlags, ...serverFlags, ...jsonFlag },
  async run(call) {
    const [name, value] = call.arguments
    if (name !== undefined && value === undefined)
      throw new CallError(`Say what ${name} shall be: a number, yes, no, or default.`)
    const client = restClientOf(call)
    const page = await (name === undefined
      ? client.call<SettingsPageView>('GET', `/api/private/admin/settings?${new URLSearchParams(scopeOf(call))}`)
      : client.call<SettingsPageView>('PUT', '/api/private/admin/settings', {
          ...scopeOf(call),
          name,
          value: readValue(value ?? ''),
        }))
    if (call.given('json')) printJson(page)
    else process.stdout.write(settingsText(page))
    return 0
  },
}

function readValue(text: string): number | string | null {
  const words: Readonly<Record<string, number | null>> = { default: null, yes: 1, no: 0 }
  return Object.hasOwn(words, text) ? words[text]! : /^\d+$/.test(text) ? Number(text) : text
}

function settingsText({ settings, exceptions }: SettingsPageView): string {
  const rows = settings.map((one) => [
    one.name,
    one.value === 0 && one.zero !== null ? one.zero : one.unit === 'switch' ? 'yes' : `${one.value} ${one.unit}`,
    originOf(one),
    one.lastChange === null ? '-' : setText(one.lastChange),
    one.summary,
  ])
  const units = new Map<string, string>(settings.map((one) => [one.name, one.unit]))
  const shown = (name: string, value: unknown) => (units.get(name) === 'switch' ? (value === 1 ? 'yes' : 'no') : value)
  const others = exceptions.flatMap(({ slug, values, changes }) =>
    Object.entries(values).map(([name, value]) => {
      const change = changes[name]
      return [slug, name, String(shown(name, value)), change === undefined ? '-' : setText(change)]
    }),
  )
  return `${table(['NAME', 'VALUE', 'FROM', 'SET', 'WHAT'], rows)}${others.length === 0 ? '' : `\n${table(['EXCEPTION', 'NAME', 'VALUE', 'SET'], others)}`}`
}

function originOf({ held, set, lastChange }: SettingsPageView['settings'][number]): string {
  if (held) return 'installation’s, held'
  return set ? 'here' : lastChange === null ? 'standard' : 'further up'
}
