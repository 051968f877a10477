import { describe, expect, it } from 'vitest'
import { compile } from '../compile.ts'
import type { ConfigDiagnosticCode } from '../diagnostic-code.ts'
import { wrongExamples, wrongSnippets } from './expected/docs.ts'
import { judgedOtherwise } from './expected/editor-cases.ts'
import { refusedCases } from './expected/editor-codes.ts'
import { codesOf } from './expected/expected.ts'
import { missingInDocs } from './expected/missing-orbs.ts'
import { missingOrbs } from './missing-orbs.ts'
import {
  hasReference,
  orbSource,
  pipelineValues,
  readReference,
  referenceFiles,
  referenceOrbs,
} from './reference-folder.ts'

/** Editor cases are often fragments: what makes a whole file is not asked of them. */
function isFragmentError({ code, message }: { code: string; message: string }): boolean {
  return code === 'no-build-job' || message.startsWith('required key [version] not found')
}

const goCases = referenceFiles('cases/language-server/go-inline')
const docs = ['cases/docs-examples', 'cases/docs-snippets'].flatMap((folder) =>
  referenceFiles(folder).map((file) => `${folder}/${file}`),
)

it(hasReference ? 'finds the official cases' : 'leaves out the official cases: the reference folder is absent', () => {
  expect(goCases.length > 0).toBe(hasReference)
})

describe.runIf(hasReference)('the official cases', () => {
  const orbs = orbSource(referenceOrbs())
  const errorsOf = (path: string) =>
    compile(readReference(path), { pipelineValues, orbs }).diagnostics.filter(({ severity }) => severity === 'error')

  it.each(goCases)('are accepted or rejected as the language server does: %s', (file) => {
    const path = `cases/language-server/go-inline/${file}`
    const expected = expectsErrors(readReference(path.replace(/\.yml$/, '.expected.json')))

    const codes = codesOf(errorsOf(path).filter((error) => !isFragmentError(error)))

    expect(codes).toEqual(judgedOtherwise[file]?.codes ?? refusedCases[file] ?? [])
    if (!(file in judgedOtherwise)) expect(codes.length > 0).toBe(expected)
  })

  it.each([
    ['invalid_checkout_method.yml', true],
    ['invalid_checkout_method_shallow.yml', true],
    ['valid_checkout_method.yml', false],
    ['valid_checkout_method_shallow.yml', false],
    ['correct_param_type.yml', false],
    ['wrong_param_type.yml', true],
    ['wrong_param_type_boolean.yml', true],
    ['wrong_param_type_integer.yml', true],
  ])('of the validators are judged alike: %s rejected %s', (file, rejected) => {
    expect(errorsOf(`cases/language-server/validate-testdata/${file}`).length > 0).toBe(rejected)
  })

  // A name with `fragment` marks what has neither workflows nor a job `build`.
  it.each(docs)('of the documentation are judged as they are written: %s', (path) => {
    const without: ConfigDiagnosticCode[] = path.includes('-fragment')
      ? ['orb-not-found', 'no-build-job']
      : ['orb-not-found']
    const [, folder, file] = /^cases\/(docs-\w+)\/(.*)$/.exec(path)!
    const expected = folder === 'docs-examples' ? wrongExamples[file!] : wrongSnippets[file!]

    expect(codesOf(errorsOf(path), without)).toEqual(expected?.codes ?? [])
  })

  it('of the documentation miss the orbs that are listed by name, and no others', () => {
    expect(missingOrbs(docs.flatMap(errorsOf))).toEqual(missingInDocs)
  })

  it('are all there that are expected to be judged otherwise', () => {
    const examples = Object.keys(wrongExamples).map((file) => `cases/docs-examples/${file}`)
    const snippets = Object.keys(wrongSnippets).map((file) => `cases/docs-snippets/${file}`)

    expect([...examples, ...snippets].filter((path) => !docs.includes(path))).toEqual([])
    const editorCases = [...Object.keys(judgedOtherwise), ...Object.keys(refusedCases)]
    expect(editorCases.filter((file) => !goCases.includes(file))).toEqual([])
  })

  it.each(referenceFiles('cases/realitycheck'))('of realitycheck compile: %s', (file) => {
    expect(errorsOf(`cases/realitycheck/${file}`)).toEqual([])
  })
})

function expectsErrors(text: string): boolean {
  const expected: { expect_errors?: boolean; diagnostics?: { severity: string }[]; go_asserts?: string[] } =
    JSON.parse(text)
  if (expected.expect_errors !== undefined) return expected.expect_errors
  if (expected.diagnostics !== undefined) return expected.diagnostics.some(({ severity }) => severity === 'error')
  return expected.go_asserts?.some((line) => /expectError: *true/.test(line)) ?? false
}
