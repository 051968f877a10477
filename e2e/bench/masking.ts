import { createMaskerFactory } from '@rondo/agent'

/** How fast secrets are looked for in output that has none. The floor beside it is what adding up the same bytes takes. */
export interface MaskingFigure {
  readonly name: string
  readonly ours: string
  readonly floor: string
  readonly aim: string
}

const chunkBytes = 512 * 1024

export function maskingFigures(): readonly MaskingFigure[] {
  const random = randomFrom(7)
  const word = (length: number) =>
    Array.from({ length }, () => '0123456789abcdefghijklmnopqrstuvwxyz'[Math.floor(random() * 36)]).join('')
  const secrets = Array.from({ length: 1_000 }, (_, index) => (index % 2 === 0 ? `sk_${word(30)}` : `pass ${word(9)}!`))
  const log = Array.from(
    { length: 200_000 },
    (_, line) => `[${line}] INFO compile src/modules/feature-${line % 977}/view.tsx -> dist/${word(8)}.js\n`,
  ).join('')
  const encoded = Buffer.from(Uint8Array.from({ length: 15_000_000 }, () => random() * 256)).toString('base64')
  const begun = performance.now()
  const newMasker = createMaskerFactory(secrets)
  const index = performance.now() - begun

  function figure(name: string, data: Buffer): MaskingFigure {
    const rate = best(() => {
      const masker = newMasker()
      for (let at = 0; at < data.length; at += chunkBytes) masker.push(data.subarray(at, at + chunkBytes))
      masker.end()
    }, data.length)
    const floor = best(() => sum(data), data.length)
    return { name, ours: `${rate} MB/s`, floor: `${floor} MB/s (adding up the bytes)`, aim: '≥ 150 MB/s' }
  }

  return [
    figure('masking 1,000 secrets in a log', Buffer.from(log)),
    figure('masking 1,000 secrets in base64', Buffer.from(encoded)),
    { name: 'making ready for 1,000 secrets', ours: `${index.toFixed(0)} ms`, floor: '', aim: 'once a job' },
  ]
}

function sum(data: Buffer): number {
  let total = 0
  for (let at = 0; at < data.length; at++) total += data[at]!
  return total
}

/** Megabytes a second in the best of five runs: what the code does when nobody else wants the processor. */
function best(run: () => unknown, bytes: number): number {
  let shortest = Number.POSITIVE_INFINITY
  for (let round = 0; round < 5; round++) {
    const begun = performance.now()
    run()
    shortest = Math.min(shortest, performance.now() - begun)
  }
  return Math.round(bytes / 1_000 / shortest)
}

function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
