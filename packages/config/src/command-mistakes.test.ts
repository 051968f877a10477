import { expect, it } from 'vitest'
import { compileText, withSteps } from './testing/compile-text.ts'

const told = (command: string) =>
  compileText(withSteps('- checkout', `commands: {c: ${command}}`)).diagnostics.map(
    ({ severity, message, hint }) => `${severity}: ${message}; ${hint}`,
  )

it.each([
  [
    '{steps: [checkout], foo: 1}',
    "error: extraneous key [foo] is not permitted in command 'c'; Permitted keys: description, parameters, steps",
  ],
  [
    '{steps: [checkout], paramters: {p: {type: string}}}',
    "error: extraneous key [paramters] is not permitted in command 'c'; Did you mean 'parameters'?",
  ],
  ['{stps: [checkout]}', "error: extraneous key [stps] is not permitted in command 'c'; Did you mean 'steps'?"],
])('a command with a key that no command has is refused: %s', (command, expected) => {
  expect(told(command)).toEqual([expected])
})
