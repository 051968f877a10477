import { describe, expect, it } from 'vitest'
import { compileText, errorsOf, jobOf, withSteps } from '../testing/compile-text.ts'

const command = (text: string) => {
  const step = jobOf(withSteps(`- run:\n    command: |\n${text.replaceAll(/^/gm, '      ')}`)).steps[0]
  return step?.type === 'run' ? step.command.trimEnd() : undefined
}

describe('templates', () => {
  it.each([
    ['<< pipeline.number >>', '7'],
    ['a <<pipeline.git.branch>> b', 'a main b'],
    ['x<< pipeline.git.tag >>y', 'xy'],
    ['<< pipeline.git.branch == "main" and "yes" or "no" >>', 'yes'],
    ['cat \\<<EOF', 'cat <<EOF'],
    ['read \\<<< "$x"', 'read <<< "$x"'],
    [
      '<<# pipeline.git.branch >>on<</ pipeline.git.branch >><<^ pipeline.git.branch >>off<</ pipeline.git.branch >>',
      'on',
    ],
    ['a\n<<# pipeline.git.tag >>\nb\n<</ pipeline.git.tag >>\nc', 'a\nc'],
  ])('%s becomes %s [I-021]', (text, expected) => {
    expect(command(text)).toBe(expected)
  })

  it('that are not closed are refused wherever they stand', () => {
    expect(errorsOf(withSteps('- checkout', 'unused: "cat << EOF"'))).toEqual([
      expect.stringMatching(/^unclosed-template: Unclosed '<<' tag in string: 'cat << EOF'/),
    ])
  })

  it('with unknown names are refused, each kind in its words', () => {
    expect(errorsOf(withSteps('- run: << pipeline.git.brunch >>'))).toEqual([
      'unknown-variable: Referred to a variable "pipeline.git.brunch" that does not exist',
    ])
    expect(errorsOf(withSteps('- run: << nothing >>'))).toEqual(['unknown-variable: Unknown variable(s): nothing'])
    expect(errorsOf(withSteps('- run: << parameters.x >>'))).toEqual([
      'undeclared-parameter: Arguments referenced without declared parameters: x',
    ])
  })

  it.each([
    'cat <<EOF > f\n$x\nEOF\necho >> f',
    'cat <<-EOF > f\n$x << parameters.y >>\nEOF',
    "cat <<'EOF' > f\nx\nEOF\necho << pipeline.number >>",
    'cat <<\\EOF\nx\nEOF\necho << pipeline.number >>',
    'read <<< "$x" >> log',
    'cat <<END >> log',
  ])('that were meant for the shell are refused with how to write them: %s', (text) => {
    const { diagnostics } = compileText(withSteps(`- run: |\n${text.replaceAll(/^/gm, '    ')}`))

    expect(diagnostics[0]?.hint).toMatch(/a literal '<<' .*is written '\\<<'/i)
  })

  it.each([
    ['- run: << not pipeline.nosuch( >>', '('],
    ['- run: >\n    << pipeline.number ==\n    & 3 >>', '&'],
    ['- run: "a\\tb << pipeline.number = 1 >>"', ' '],
  ])('that are wrong are shown at the place of the mistake: %s', (step, lexeme) => {
    const source = withSteps(step)

    const [diagnostic] = compileText(source).diagnostics

    expect(diagnostic?.message).not.toContain('\n')
    expect(source.slice(diagnostic!.span.start, diagnostic!.span.end)).toBe(lexeme)
  })

  it.each([
    ['a plain text', '- run: echo << parameters.x >>\n'],
    ['a block', '- run: |\n    echo\n    echo << parameters.x >>\n'],
    ['the end of a block', '- run: |-\n\n    echo\n    echo <<parameters.x>>\n\n'],
    ['a folded block', '- run: >\n    echo\n    echo << parameters.x >>\n    echo\n'],
    ['a block whose mark has a comment that reads alike', '- run: | # << parameters.x >>\n    << parameters.x >>\n'],
    ['a block that names it as a text before', '- run: |\n    echo parameters.x\n    echo << parameters.x >>\n'],
    ['a longer name before it', '- run: |\n    << pipeline.id >> << pipeline.number >>\n    << pipeline.num >>\n'],
    ['lines of quotes', '- run: "echo\n    << parameters.x >>"\n'],
    ['a here-document', '- run: |\n    cat <<EOF\n    x\n    EOF\n    echo >> f\n'],
    ['a here-document after lines', "- run: |\n    echo\n    cat <<'EOF'\n    x\n    EOF\n    echo >> f\n"],
    ['a here-document that is not closed', '- run: |\n    << pipeline.id >>\n    cat << EOF\n    x\n    EOF\n'],
    ['an operand of a condition', '- when: {condition: {equal: [a,\n    << parameters.x >>]}, steps: [checkout]}\n'],
    ['a map', '- run: {command: "<< pipeline.id >>\n    <</ pipeline.id >>"}\n'],
  ])('that are wrong are told in the line of their <<: %s', (_what, step) => {
    const source = withSteps(step)

    const { diagnostics } = compileText(source)

    const told = diagnostics.map(({ span }) => source.slice(0, span.start).split('\n').length)
    expect(told).toEqual([source.slice(0, source.lastIndexOf('<<')).split('\n').length])
  })

  it('are literal text in version 2', () => {
    const { steps } = jobOf(
      'version: 2\njobs: {build: {docker: [{image: a}], steps: [{run: "cat <<EOF << pipeline.number >> \\\\<<"}]}}',
    )

    expect(steps).toMatchObject([{ command: 'cat <<EOF << pipeline.number >> \\<<' }])
  })
})
