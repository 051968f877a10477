import { expect, test } from 'vitest'
import { readProblem } from './problem-text.ts'

test('what the compiler wrote is taken apart', () => {
  const text = `.circleci/config.yml:10:13: error: Cannot find a definition for command named tool/sya [unknown-command]
10 |     steps: [tool/sya, run: echo hi]
   |             ^^^^^^^^
  in workflow 'main'
  in job 'build'
  hint: Did you mean 'tool/say'?`

  expect(readProblem(text, 'error')).toEqual({
    place: '.circleci/config.yml:10:13',
    severity: 'error',
    message: 'Cannot find a definition for command named tool/sya',
    code: 'unknown-command',
    picture: ['10 |     steps: [tool/sya, run: echo hi]', '   |             ^^^^^^^^'],
    chain: ["in workflow 'main'", "in job 'build'"],
    hint: "Did you mean 'tool/say'?",
  })
})

test('a problem without chain and hint, and in the first line of a file, has its picture all the same', () => {
  const problem = readProblem('c.yml:1:1: warning: Odd\n1 | x\n  | ^', 'warning')

  expect(problem).toMatchObject({ message: 'Odd', code: '', picture: ['1 | x', '  | ^'], chain: [], hint: '' })
})

test('any other text is a message as it is', () => {
  const text = 'Conflicting pipeline parameters. Both the trigger and the continuation set a.\nSee there.'

  expect(readProblem(text, 'error')).toMatchObject({ place: '', message: text, picture: [], hint: '' })
})
