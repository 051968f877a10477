import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Addresses at which clouds give out credentials, by the program that closes them. */
const addresses = { iptables: '169.254.0.0/16', ip6tables: 'fd00:ec2::254' } as const

/**
 * Closes the addresses at which clouds give out credentials to users of this machine, given as iptables has them (`FROM-TO`): those
 * that jobs in the host sandbox are (row S-17). Names (DNS) go on being resolved there. The rules stay, for no other program is
 * such a user. It takes root and iptables; answers why it could not be done, if so.
 */
export async function closeCredentials(users: string): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return 'the agent is not root'
  try {
    await close('iptables', users)
    // Without IPv6 there is nothing to close.
    if (existsSync('/proc/net/if_inet6')) await close('ip6tables', users)
    return undefined
  } catch (error) {
    const { stderr, message } = error as { readonly stderr?: string; readonly message: string }
    return stderr?.trim().split('\n')[0] || message
  }
}

async function close(program: keyof typeof addresses, users: string): Promise<void> {
  for (const protocol of ['tcp', 'udp']) {
    const who = ['-m', 'owner', '--uid-owner', users]
    const rule = ['OUTPUT', '-d', addresses[program], '-p', protocol, ...who, '!', '--dport', '53', '-j', 'REJECT']
    const there = await run(program, ['-w', '-C', ...rule]).then(
      () => true,
      () => false,
    )
    if (!there) await run(program, ['-w', '-I', ...rule])
  }
}
