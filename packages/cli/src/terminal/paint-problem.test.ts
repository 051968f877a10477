import { expect, test } from 'vitest'
import { painter } from './paint.ts'
import { paintProblem } from './paint-problem.ts'

const problem = [
  `c.yml:2:62: error: Cannot find x/nope@1 [orb-not-found]`,
  `2 | orbs: { tool: acme/tool@1, other: acme/other@1.2.3, gone: x/nope@1, last: acme/last@1 }`,
  `  |                                                           ^^^^^^^^`,
  `  hint: Import it`,
].join('\n')

test('a pipe gets a problem as it is', () => {
  expect(paintProblem(problem, painter(false), undefined)).toBe(problem)
})

test('a narrow terminal gets the part of the line that the carets are below', () => {
  for (const width of [30, 40, 60, 80]) {
    const lines = paintProblem(problem, painter(false), width).split('\n')

    const [, pictured = '', carets = ''] = lines
    expect(pictured.length).toBeLessThanOrEqual(width)
    expect(pictured.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1)).toBe('x/nope@1')
    expect(lines.at(-1)).toBe('  hint: Import it')
  }
})

test('a line longer than any terminal keeps its beginning when the mistake is there, and marks underneath never wrap', () => {
  const long = `c.yml:1:1: warning: Long [x]\n1 | ${'a'.repeat(150)}\n  | ${'^'.repeat(150)}`

  const [, pictured, carets] = paintProblem(long, painter(false), 40).split('\n')

  expect(pictured).toBe(`1 | ${'a'.repeat(34)}…`)
  expect(carets).toBe(`  | ${'^'.repeat(35)}`)
})

test('a terminal shows place, severity, carets and hint apart', () => {
  const painted = paintProblem(problem, painter(true), undefined)

  expect(painted).toContain('\x1b[1mc.yml:2:62\x1b[0m: \x1b[31merror\x1b[0m: Cannot find')
  expect(painted).toContain('\x1b[2m[orb-not-found]\x1b[0m')
  expect(painted).toContain('\x1b[31m^^^^^^^^\x1b[0m')
  expect(painted).toContain('\x1b[36mhint:\x1b[0m Import it')
})
