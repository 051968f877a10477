const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 }

/** Milliseconds of a duration such as `20m`, `1.25h`, `5s`; a row of them (`1h30m`) adds up. Undefined for anything else. */
export function durationMs(text: string): number | undefined {
  const trimmed = text.trim()
  if (!/^(?:\d+(?:\.\d+)?[smh])+$/.test(trimmed)) return undefined
  let total = 0
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)([smh])/g)) total += Number(amount) * unitMs[unit!]!
  return Math.round(total)
}
