/** How often a random property is tried: the given number in the suite, and `TROUPE_RUNS` times as often in `npm run test:scale`. */
export function runs(usual: number): number {
  return usual * Number(process.env['TROUPE_RUNS'] ?? 1)
}
