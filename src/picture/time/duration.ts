const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
] as const

/** `0.4 ms`, `142 ms`, `1.2 s`, `3 d`. */
export function durationOf(ms: number): string {
  const [length, unit] = UNITS.find(([length]) => ms >= length) ?? [1, 'ms']
  const value = ms / length
  return `${Number(value.toFixed(unit === 'ms' && value >= 10 ? 0 : 1))} ${unit}`
}
