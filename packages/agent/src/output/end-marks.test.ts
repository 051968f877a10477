import { expect, test } from 'vitest'
import { createEndMarks } from './end-marks.ts'

test('marks are taken out wherever the stream is cut', () => {
  const whole = Buffer.from('one\x1es2.tok-en\x1etwo\x1e other \x1es3.tok-e')
  for (let cut = 0; cut <= whole.length; cut++) {
    const marks = createEndMarks('tok-en')

    const kept = Buffer.concat([marks.push(whole.subarray(0, cut)), marks.push(whole.subarray(cut)), marks.rest()])

    expect(kept.toString()).toBe('onetwo\x1e other \x1es3.tok-e')
    expect([marks.seen('s2'), marks.seen('s3')]).toEqual([true, false])
  }
})

test('marks of another attempt are output like any other', () => {
  const marks = createEndMarks('mine')

  expect(marks.push(Buffer.from('\x1es2.yours\x1e')).toString() + marks.rest().toString()).toBe('\x1es2.yours\x1e')
})
