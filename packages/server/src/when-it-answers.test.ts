import { AppError } from '@rondo/model'
import { expect, test } from 'vitest'
import { whenItAnswers } from './when-it-answers.ts'

test('a database that is being brought back is waited for, other trouble is not', async () => {
  let asked = 0
  const third = async () => {
    asked++
    if (asked < 3) throw new AppError('unavailable', 'away')
    return asked
  }

  expect(await whenItAnswers(third)).toBe(3)
  await expect(whenItAnswers(() => Promise.reject(new AppError('conflict', 'no')))).rejects.toThrow('no')
  await expect(whenItAnswers(() => Promise.reject(new AppError('unavailable', 'away')), 0)).rejects.toThrow('away')
})
