/** Seeds that once broke an invariant, and why; they are run again in each test. */
export const kept: readonly { readonly seed: number; readonly workload: string; readonly why: string }[] = []
