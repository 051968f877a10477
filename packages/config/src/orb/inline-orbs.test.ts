import { describe, expect, it } from 'vitest'
import { compileText } from '../testing/compile-text.ts'

const withOrb = (orb: string) => `version: 2.1
orbs: {m: ${orb}}
workflows: {main: {jobs: [m/j]}}`
const job = 'jobs: {j: {machine: true, steps: [checkout]}}'

describe('an inline orb', () => {
  it.each([
    ['workflows', `{workflows: {}, ${job}}`, "'m/JOB'"],
    ['parameters', `{parameters: {p: {type: string, default: x}}, ${job}}`, 'declares its own'],
  ])('has no %s, which are the config’s', (key, orb, cure) => {
    const source = withOrb(orb)

    expect(compileText(source).diagnostics.filter(({ severity }) => severity === 'error')).toEqual([
      expect.objectContaining({
        code: 'unknown-key',
        message: `extraneous key [${key}] is not permitted in orb 'm'`,
        span: expect.objectContaining({ start: source.indexOf(key) }),
        hint: expect.stringContaining(cure),
      }),
    ])
  })

  it('may hold anchors under keys of its own', () => {
    const source = withOrb(`{aliases: [x], ${job}}`)

    expect(compileText(source).diagnostics.filter(({ severity }) => severity === 'error')).toEqual([])
  })
})
