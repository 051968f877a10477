import ssh2 from 'ssh2'

/**
 * A new Ed25519 pair in OpenSSH's formats. Of those that ssh2 makes, about one in three hundred lacks a leading zero and can
 * be read by nobody: the next one is taken then.
 */
export function newSshKey(): { readonly privateKey: string; readonly publicKey: string } {
  for (;;) {
    const { private: privateKey, public: publicKey } = ssh2.utils.generateKeyPairSync('ed25519')
    const readable = [privateKey, publicKey].every((key) => !(ssh2.utils.parseKey(key) instanceof Error))
    if (readable) return { privateKey, publicKey }
  }
}
