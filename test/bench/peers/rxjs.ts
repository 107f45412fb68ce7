/** As much of rxjs as the contestants use. */

interface Subject {
  subscribe(subscriber: (event: { readonly n: number }) => void): void
  next(event: { readonly n: number }): void
}

interface Rxjs {
  readonly Subject: new () => Subject
}

// No literal: the compiler must not look for a package that is installed on the first run only.
const name: string = 'rxjs'

export const { Subject }: Rxjs = await import(name)
