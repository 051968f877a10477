import type { HoldOrder } from '@rondo/model'
import { expect, test } from 'vitest'
import { orderInTurn } from './order-in-turn.ts'

test('keys pressed while others are on their way go together, in their order', async () => {
  const sent: (readonly HoldOrder[])[] = []
  let arrived = () => {}
  const send = orderInTurn(
    (orders) => {
      sent.push(orders)
      return new Promise<void>((resolve) => {
        arrived = resolve
      })
    },
    () => {},
  )

  send({ type: 'open-shell', columns: 80, rows: 24 })
  for (const text of 'ls\r') send({ type: 'input', text })
  send({ type: 'resize', columns: 90, rows: 30 })
  send({ type: 'input', text: 'x'.repeat(8_001) })
  arrived()
  await Promise.resolve()
  await Promise.resolve()

  expect(sent).toEqual([
    [{ type: 'open-shell', columns: 80, rows: 24 }],
    [
      { type: 'input', text: 'ls\r' },
      { type: 'resize', columns: 90, rows: 30 },
      { type: 'input', text: 'x'.repeat(8_000) },
      { type: 'input', text: 'x' },
    ],
  ])
})
