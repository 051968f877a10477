import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRegex } from './compile-regex.ts'

const matches = (pattern: string, text: string) => {
  const compiled = compileRegex(pattern, 'java')
  if (!compiled.ok) throw new Error(compiled.reason)
  return compiled.regex.matches(text)
}

describe('whole-text matching', () => {
  it.each([
    ['a|b', 'b', true],
    ['a|b', 'ab', false],
    ['release/.*', 'release/1', true],
    ['v\\d+(\\.\\d+){2}', 'v1.2.3', true],
    ['^main$', 'main', true],
    ['(?i)MAIN', 'main', true],
    ['(?!dev).*', 'develop', false],
    ['.*(?<!-rc)', 'v1-rc', false],
    ['[a-z&&[^bc]]+', 'ad', true],
    ['[a-z&&[^bc]]+', 'ab', false],
    ['\\Qa.b\\E', 'a.b', true],
    ['\\Qa.b\\E', 'axb', false],
    ['a{2,3}', 'aaaa', false],
    ['a{2,}', 'aaaa', true],
    ['\\p{Lu}x', 'Éx', true],
    ['.', '😀', true],
    ['(?s)a.b', 'a\nb', true],
    ['a.b', 'a\nb', false],
    ['', '', true],
    ['x*', '', true],
    ['(a*)*', 'aaa', true],
    ['\\bfoo\\b', 'foo', true],
    ['[]a]', ']', true],
    ['(?<name>a)b', 'ab', true],
    ['[\\w.-]+@x', 'a.b-c@x', true],
  ])('%s on %j: %s', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected)
  })

  it.each(['(', ')', '[a', 'a**b\\', '*a', 'a{3,2}', '(a)\\1', 'a++', '(?>a)', '\\p{Nothing}', 'a{1,100000}', '[b-a]'])(
    'refuses %s with a reason',
    (pattern) => {
      expect(compileRegex(pattern, 'java')).toMatchObject({ ok: false, reason: expect.any(String) })
    },
  )

  it('refuses look-around where only RE2 is understood', () => {
    expect(compileRegex('(?=a).*', 're2').ok).toBe(false)
  })

  it('understands back-references only where the caller can be ended', () => {
    const compiled = compileRegex('(a+)-\\1', 'java', { backtracking: true })

    expect(compileRegex('(a+)-\\1', 'java')).toMatchObject({ ok: false, reason: expect.stringMatching(/back-ref/) })
    expect(compiled.ok && ['aa-aa', 'aa-a'].map((text) => compiled.regex.matches(text))).toEqual([true, false])
    expect(compileRegex('\\Qx\\E(a)\\1', 'java', { backtracking: true }).ok).toBe(false)
  })

  it.each(['(a+)+b', '(a|a)*b', '(.*a){20}b', '((a*)*)*b', '(?=(a+)+b)a*', '(?:(?=.*b)a)*b', '(?:a(?<=c.*))*b'])(
    'stays fast on %s [S-28]',
    (pattern) => {
      expect(matches(pattern, 'a'.repeat(20_000))).toBe(false)
    },
  )
})

it('agrees with the native engine on patterns both understand', () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    '.',
    '[ab]',
    '[^a]',
    '(?:a|b)',
    '(?:ab)',
    '(?=a)',
    '(?!b)',
    '(?=.*a)',
    '(?!.*b.)',
    '(?<=a)',
    '(?<!b)',
    '(?<=a.*)',
    '(?=(?!b).)',
  )
  const quantified = fc
    .tuple(atom, fc.constantFrom('', '*', '+', '?', '{1,2}'))
    .map(([body, times]) => (/^\(\?[=!<]/.test(body) ? body : body + times))
  const pattern = fc.array(quantified, { minLength: 1, maxLength: 5 }).map((parts) => parts.join(''))
  const text = fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 8 }).map((chars) => chars.join(''))

  fc.assert(
    fc.property(pattern, text, (source, input) => {
      expect(matches(source, input)).toBe(new RegExp(`^(?:${source})$`).test(input))
    }),
    { numRuns: 3_000 },
  )
})
