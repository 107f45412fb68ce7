/** As much of moleculer as the contestants use: its types ask for packages that nobody needs here. */

interface Context {
  readonly params: { readonly n: number }
}

interface Broker {
  createService(service: {
    readonly name: string
    readonly actions?: Readonly<Record<string, (context: Context) => unknown>>
    readonly events?: Readonly<Record<string, (context: Context) => void>>
  }): void
  start(): Promise<void>
  call(action: string, params: unknown, options: { readonly timeout: number }): Promise<unknown>
  /** Resolves when all services of this process have heard the event. */
  broadcastLocal(event: string, params: unknown): Promise<unknown>
  waitForServices(names: readonly string[]): Promise<unknown>
}

interface Moleculer {
  readonly ServiceBroker: new (options: { readonly logger: false; readonly internalServices: false }) => Broker
}

// No literal: the compiler must not look for a package that is installed on the first run only.
const name: string = 'moleculer'

export const { ServiceBroker }: Moleculer = (await import(name)).default
