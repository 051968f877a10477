import { expect, it } from 'vitest'
import { renderDiagnostic } from './render-diagnostic.ts'
import { compileText, withSteps } from './testing/compile-text.ts'

it('draws the line with carets, the chain and the hint', () => {
  const source = withSteps('- checkot')

  const [diagnostic] = compileText(source, { file: '.circleci/config.yml' }).diagnostics

  expect(renderDiagnostic(diagnostic!, source)).toBe(
    [
      '.circleci/config.yml:6:9: error: Cannot find a definition for command named checkot [unknown-command]',
      '6 |       - checkot',
      '  |         ^^^^^^^',
      "  in workflow 'workflow'",
      "  in job 'build'",
      "  hint: Did you mean 'checkout'?",
    ].join('\n'),
  )
})

it('cuts a long line around the place', () => {
  const source = `version: 2.1\nx: ${'y'.repeat(500)} << z\njobs: {}`

  const rendered = compileText(source)
    .diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, source))
    .join('\n')

  expect(
    Math.max(
      ...rendered
        .split('\n')
        .slice(1, 3)
        .map((line) => line.length),
    ),
  ).toBeLessThan(200)
})
