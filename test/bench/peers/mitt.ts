/** As much of mitt as the contestants use. */

interface Emitter {
  on(type: string, subscriber: (event: { readonly n: number }) => void): void
  emit(type: string, event: { readonly n: number }): void
}

// No literal: the compiler must not look for a package that is installed on the first run only.
const name: string = 'mitt'

export const mitt: () => Emitter = (await import(name)).default
