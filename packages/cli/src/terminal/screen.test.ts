import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import { Screen } from './screen.ts'

function recorder(): { readonly out: Writable & { columns?: number }; text(): string } {
  let text = ''
  const out = new Writable({
    write(chunk, _encoding, done) {
      text += chunk
      done()
    },
  })
  return { out: Object.assign(out, { columns: 10 }), text: () => text }
}

test('lines are printed above the footer, which is erased before and drawn after', () => {
  const { out, text } = recorder()
  const screen = new Screen(out, true)
  screen.footer(['one', 'two'])
  screen.print(['line'])
  expect(text()).toBe('one\ntwo\n\x1b[2A\x1b[Jline\none\ntwo\n')
})

test('a footer never wraps: what is too long is cut', () => {
  const { out, text } = recorder()
  new Screen(out, true).footer(['0123456789abc'])
  expect(text()).toBe('01234567…\n')
})

test('without a terminal there is no footer', () => {
  const { out, text } = recorder()
  const screen = new Screen(out, false)
  screen.footer(['one'])
  screen.print(['line'])
  expect(text()).toBe('line\n')
})
