/** As much of nact as the contestants use; its package has no types. */

export interface Reference {
  readonly name: string
}

interface Nact {
  start(): Reference
  spawn<S, M>(
    parent: Reference,
    handle: (state: S, message: M) => S,
    name: string,
    options: { readonly initialState: S },
  ): Reference
  dispatch(to: Reference, message: unknown): void
  /** Rejects after so many milliseconds without an answer, and when the actor has stopped. */
  query(to: Reference, message: (sender: Reference) => unknown, timeout: number): Promise<unknown>
  stop(actor: Reference): void
}

// No literal: the compiler must not look for a package that is installed on the first run only.
const name: string = 'nact'

export const { start, spawn, dispatch, query, stop }: Nact = (await import(name)).default
