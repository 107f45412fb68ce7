import type { AgentRef } from 'troupe'
import type { StatelyEvent, StatelyInspector } from 'troupe/inspect'
import { noted } from './news.ts'

/** The used part of @statelyai/inspect. The types of that package need the types of a browser. */
interface Stately {
  createWebSocketReceiver(options: { server: string }): Receiver
  createBrowserReceiver(options: { window: object }): Receiver
  createWebSocketInspector(options: {
    url: string
    maxDeferredEvents: number
    serializationDepthLimit: number
  }): StatelyInspector & { stop(): void }
  createBrowserInspector(options: {
    window: object
    maxDeferredEvents: number
    serialize: (event: StatelyEvent) => StatelyEvent
  }): StatelyInspector
}

interface Receiver {
  subscribe(listener: (event: StatelyEvent) => void): { unsubscribe(): void }
}

interface StatelyServer {
  /** The package passes the port to `listen` unchanged, and puts it into its page. So it can also hold an address. */
  createInspectorServer(options: {
    port: { readonly host: string; readonly port: number; toString(): string }
    autoOpen: boolean
  }): { stop(): void }
}

// The names are in variables, so that the compiler does not load the types.
const name = '@statelyai/inspect'
export const stately: Stately = await import(name)
const server = `${name}/server`
export const statelyServer: StatelyServer = await import(server)

interface Shown {
  readonly parentId: string | undefined
  readonly definition: string | undefined
  readonly snapshot: object
}

/** Reads a stream: the newest state of each actor in it. */
export class Reading {
  readonly actors = new Map<string, Shown>()
  readonly events: StatelyEvent[] = []

  readonly read = (event: StatelyEvent): void => {
    // As a socket or a window passes it on.
    const one: StatelyEvent = JSON.parse(JSON.stringify(event))
    this.events.push(one)
    if (one.type === '@xstate.actor') {
      const { parentId, definition, snapshot } = one
      this.actors.set(one.sessionId, { parentId, definition, snapshot })
    }
    const known = this.actors.get(one.sessionId)
    if (!known) throw new Error(`the actor ${one.sessionId} was not announced`)
    if (one.type === '@xstate.snapshot') this.actors.set(one.sessionId, { ...known, snapshot: one.snapshot })
    noted()
  }

  /** For each agent: its state, its parent, and whether the reader has its machine. */
  of(agents: readonly AgentRef[]) {
    return agents.map(({ address }) => {
      const { parentId, definition, snapshot } = this.actors.get(address) ?? {}
      const { status, value, context } = { status: '', value: '', context: '', ...snapshot }
      return { address, parentId, definition, snapshot: { status, value, context } }
    })
  }
}

/** The same, from the agents themselves. */
export function standing(agents: readonly AgentRef[], parentId: string, config: unknown) {
  const definition = JSON.stringify(config)
  return agents.map(ref => ({
    address: ref.address,
    parentId,
    definition,
    snapshot: JSON.parse(JSON.stringify(ref.snapshot() ?? {})),
  }))
}

/** Two windows that post messages to each other: one of the program, and one of the inspector's page. */
export function windows() {
  const program = new StubWindow()
  const page = new StubWindow()
  program.opened = page
  page.opener = program
  return { program, page }
}

type Listener = (message: { readonly data: unknown }) => void

class StubWindow {
  readonly self = this
  readonly top = this
  opener: StubWindow | undefined
  opened: StubWindow | undefined
  readonly #listeners = new Set<Listener>()

  open(): StubWindow | undefined {
    return this.opened
  }

  addEventListener(_: 'message', listener: Listener): void {
    this.#listeners.add(listener)
  }

  removeEventListener(_: 'message', listener: Listener): void {
    this.#listeners.delete(listener)
  }

  postMessage(data: unknown, _targetOrigin: string): void {
    for (const listener of this.#listeners) listener({ data: structuredClone(data) })
  }
}
