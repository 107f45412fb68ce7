/** As much of moleculer as the contestants use: its types ask for packages that nobody needs here. */

interface Broker {
  createService(service: {
    readonly name: string
    readonly actions: Readonly<Record<string, (context: { readonly params: { readonly n: number } }) => unknown>>
  }): void
  start(): Promise<void>
  call(action: string, params: unknown, options: { readonly timeout: number }): Promise<unknown>
}

interface Moleculer {
  readonly ServiceBroker: new (options: { readonly logger: false; readonly internalServices: false }) => Broker
}

// No literal: the compiler must not look for a package that is installed on the first run only.
const name: string = 'moleculer'

export const { ServiceBroker }: Moleculer = (await import(name)).default
