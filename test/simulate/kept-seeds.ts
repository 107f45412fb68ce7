/** Seeds that once broke an invariant, and why; they are run again in each test. */
export const kept: readonly { readonly seed: number; readonly workload: string; readonly why: string }[] = [
  { seed: 115, workload: 'families', why: 'new members of an empty pool got its old events after a crash' },
]
