/** Which schedule made a pipeline, and how late: from when it was due until it was there. Empty for others. */
export function ofSchedule({ schedule, lateMs }: Readonly<Record<string, unknown>>): string {
  return typeof schedule === 'string'
    ? ` by schedule ${schedule}, ${(Number(lateMs ?? 0) / 1000).toFixed(1)} s late`
    : ''
}
