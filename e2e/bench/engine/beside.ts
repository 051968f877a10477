/** Runs `work` so many times, some beside each other. */
export async function beside(workers: number, times: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (next < times) await work(next++)
    }),
  )
}

export function secondsSince(begun: number): number {
  return (performance.now() - begun) / 1_000
}
