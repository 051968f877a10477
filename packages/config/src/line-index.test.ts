import { expect, it } from 'vitest'
import { createLineIndex } from './line-index.ts'
import { lineAndColumn } from './render-diagnostic.ts'

it.each(['', 'a', '\n', 'a\nbc\n\nd', 'a\r\nb\n'])(
  'agrees with what is shown to people at every offset of %j',
  (text) => {
    const at = createLineIndex(text)

    for (let offset = 0; offset <= text.length; offset += 1) expect(at(offset)).toEqual(lineAndColumn(text, offset))
  },
)
