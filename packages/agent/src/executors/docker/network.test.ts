import { expect, test } from 'vitest'
import { localAddresses, machineAddresses, networkRules } from './network.ts'

test('of this machine a job reaches the web server and names, and nothing of other jobs or credentials', () => {
  const rules = networkRules(['172.17.0.1'], ['172.18.0.0/16'], [8080, 2222], { address: '10.0.0.5', port: 8585 })

  expect(rules.trim().split('\n')).toEqual([
    '*filter',
    '-A OUTPUT -o lo -j ACCEPT',
    '-A OUTPUT -d 172.17.0.1 -p tcp --dport 8080 -j ACCEPT',
    '-A OUTPUT -d 172.17.0.1 -p tcp --dport 2222 -j ACCEPT',
    '-A OUTPUT -d 172.17.0.1 -p udp --dport 53 -j ACCEPT',
    '-A OUTPUT -d 172.17.0.1 -p tcp --dport 53 -j ACCEPT',
    '-A OUTPUT -d 172.17.0.1 -j REJECT',
    '-A OUTPUT -d 169.254.0.0/16 -p udp --dport 53 -j ACCEPT',
    '-A OUTPUT -d 169.254.0.0/16 -p tcp --dport 53 -j ACCEPT',
    '-A OUTPUT -d 169.254.0.0/16 -j REJECT',
    '-A OUTPUT -d 10.0.0.5 -p tcp --dport 8585 -j REJECT',
    '-A OUTPUT -d 172.18.0.0/16 -j REJECT',
    'COMMIT',
  ])
})

test('addresses of bridges without containers count as this machine’s', () => {
  const trie = `Main:
  +-- 0.0.0.0/0 3 0 5
     +-- 127.0.0.0/8 2 0 2
           |-- 127.0.0.1
              /32 host LOCAL
     +-- 172.17.0.0/16 2 0 2
        |-- 172.17.0.0
           /16 link UNICAST
           |-- 172.17.0.1
              /32 host LOCAL
           |-- 172.17.255.255
              /32 link BROADCAST
`
  expect(localAddresses(trie)).toEqual(['172.17.0.1'])
})

test('the gateway of the jobs’ network counts as this machine’s before its bridge is there', () => {
  expect(machineAddresses('10.89.77.1')).toContain('10.89.77.1')
  expect(machineAddresses(undefined)).not.toContain('10.89.77.1')
})
