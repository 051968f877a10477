import ssh2 from 'ssh2'
import { expect, test } from 'vitest'
import { newSshKey } from './new-ssh-key.ts'

test('every key that is made can be read', () => {
  for (let made = 0; made < 1_500; made++) {
    const { privateKey, publicKey } = newSshKey()
    const read = [privateKey, publicKey].map((key) => ssh2.utils.parseKey(key) as ssh2.ParsedKey)
    expect(read[0]?.getPublicSSH()).toEqual(read[1]?.getPublicSSH())
  }
})
