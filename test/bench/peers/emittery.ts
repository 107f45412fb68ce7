/** As much of emittery as the contestants use. */

interface Emitter {
  on(type: string, subscriber: (event: { readonly data: { readonly n: number } }) => void): void
  /** Resolves when all have heard the event. */
  emit(type: string, data: { readonly n: number }): Promise<void>
}

// No literal: the compiler must not look for a package that is installed on the first run only.
const name: string = 'emittery'

export const Emittery: new () => Emitter = (await import(name)).default
