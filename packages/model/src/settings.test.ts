import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { settingNames, settings, settingVariable } from './settings.ts'

test('the document for administrators lists every setting with its variable, unit and standard', () => {
  const document = readFileSync(new URL('../../../docs/administration.md', import.meta.url), 'utf8')
  const rows = settingNames.map((name) => {
    const { unit, fallback } = settings[name]
    return `| \`${name}\` | \`${settingVariable(name)}\` | ${unit} | ${fallback}`
  })

  expect(rows.filter((row) => !document.includes(row))).toEqual([])
})
