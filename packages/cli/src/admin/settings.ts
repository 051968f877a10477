import { settingText } from '@rondo/model'
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
    settingText(one.value, one),
    originOf(one),
    one.lastChange === null ? '-' : setText(one.lastChange),
    one.summary,
  ])
  const definitions = new Map(settings.map((one) => [one.name, one]))
  const others = exceptions.flatMap(({ slug, values, changes }) =>
    Object.entries(values).map(([name, value]) => {
      const [change, definition] = [changes[name], definitions.get(name)]
      const shown = definition === undefined ? String(value) : settingText(value, definition)
      return [slug, name, shown, change === undefined ? '-' : setText(change)]
    }),
  )
  const held = settings.some((one) => one.held) ? heldWords : ''
  return `${table(['NAME', 'VALUE', 'FROM', 'SET', 'WHAT'], rows)}${held}${others.length === 0 ? '' : `\n${table(['EXCEPTION', 'NAME', 'VALUE', 'SET'], others)}`}`
}

const heldWords = 'held: an administrator of the installation has set it, and nobody else changes it.\n'

function originOf({ held, set, lastChange }: SettingsPageView['settings'][number]): string {
  const where = set ? 'here' : held || lastChange !== null ? 'further up' : 'standard'
  return held ? `${where}, held` : where
}
