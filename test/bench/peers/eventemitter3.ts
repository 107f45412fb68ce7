/** As much of eventemitter3 as the contestants use. */

interface Emitter {
  on(type: string, subscriber: (event: { readonly n: number }) => void): void
  emit(type: string, event: { readonly n: number }): void
}

// No literal: the compiler must not look for a package that is installed on the first run only.
const name: string = 'eventemitter3'

export const EventEmitter3: new () => Emitter = (await import(name)).default
