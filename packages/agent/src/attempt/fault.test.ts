import { expect, test } from 'vitest'
import { faultOf } from './fault.ts'

test.each([
  [
    Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }),
    'no space is left on the disk of /data/tasks/1. Make room there, or raise its quota.',
  ],
  [
    Object.assign(new Error('EDQUOT'), { code: 'EDQUOT', path: '/data/x' }),
    'no space is left on the disk of /data/x. Make room there, or raise its quota.',
  ],
  [
    new Error('mkdir /var/lib/docker/overlay2/1: no space left on device'),
    'mkdir /var/lib/docker/overlay2/1: no space left on device. Make room on the disk of that path.',
  ],
  [new Error('the engine is away'), 'the engine is away'],
  ['odd', 'odd'],
])('%s is told with what to do where that is known', (error, words) => {
  expect(faultOf(error, '/data/tasks/1')).toBe(words)
})
