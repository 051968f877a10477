import type { HoldOrder } from '@rondo/model'

/**
 * Sends orders one request after the other, so that keys arrive in the order they were pressed; what is pressed meanwhile
 * goes together with the next.
 */
export function orderInTurn(
  send: (orders: readonly HoldOrder[]) => Promise<unknown>,
  failed: (error: unknown) => void,
): (order: HoldOrder) => void {
  let waiting: HoldOrder[] = []
  let sending = false

  async function drain(): Promise<void> {
    sending = true
    while (waiting.length > 0) {
      const now = waiting.slice(0, 50)
      waiting = waiting.slice(50)
      await send(now).catch(failed)
    }
    sending = false
  }

  return (order) => {
    const last = waiting.at(-1)
    if (order.type === 'input' && last?.type === 'input' && last.text.length + order.text.length < 8_000)
      waiting[waiting.length - 1] = { type: 'input', text: last.text + order.text }
    else if (order.type === 'input')
      for (let at = 0; at < order.text.length; at += 8_000)
        waiting.push({ type: 'input', text: order.text.slice(at, at + 8_000) })
    else waiting.push(order)
    if (!sending) void drain()
  }
}
