import {
  type Observation,
  type ObservedActor,
  type ObservedAnswer,
  type ObservedAsk,
  type ObservedStep,
  type ObserveOptions,
  patchesBetween,
} from '../index.ts'
import { cut } from './cut.ts'
import { plain } from './plain.ts'
import { type ShownSnapshot, shownSnapshot } from './shown-snapshot.ts'
import { live, type Observable, type Send, type Source, type Telling } from './source.ts'

/** What a frame is about. */
export type PageKind =
  /** The definition of a machine: once, before the first actor that has it. */
  | 'chart'
  /** An actor exists, or starts; with its whole snapshot. */
  | 'actor'
  /** An actor starts again after a crash; with its whole snapshot. */
  | 'restart'
  /** An agent handled something. */
  | 'event'
  /** The new snapshot of an actor: `patches` to the last snapshot, or the whole as `full`. */
  | 'snapshot'
  /** An actor stopped. */
  | 'stop'
  /** An event was published or said. */
  | 'said'
  /** A dead letter. */
  | 'dead'
  /** An ask began, or ended; at the end with its duration. */
  | 'ask'
  /** Frames were left out. The page should forget everything; all actors are sent again next. */
  | 'gap'

/** What happened, for a page: one line of JSON. */
export interface PageFrame {
  readonly v: 1
  /** The number of the frame in its stream, from 1. */
  readonly seq: number
  /** Milliseconds since the stream began, by a clock that is never set. */
  readonly t: number
  /** Epoch milliseconds, by the clock of the runtime. */
  readonly wall: number
  readonly party?: string
  /** The process that the frame comes from. */
  readonly node: string
  readonly kind: PageKind
  /** The address that the frame is about; a gap has no address. */
  readonly actor?: string
  readonly parent?: string
  /** The address that said the handled event or the dead letter. */
  readonly from?: string
  /** The correlation id: all events that one first event led to share it. */
  readonly corr?: string
  /** The id of the event that led to this one. */
  readonly cause?: string
  readonly data: object
}

/** What a stream of frames shows. */
export interface PageOptions extends ObserveOptions {
  /** `local` by default. */
  readonly node?: string
  /** Milliseconds of a clock that is never set; `performance.now` by default. */
  readonly now?: () => number
}

/** After this many snapshots as patches, an actor's whole snapshot is sent. */
const patchesPerFull = 50

/**
 * What happens in a runtime, for a page: numbered frames, with patches rather than snapshots.
 *
 * @example
 * const stream = pageSource(runtime)(frame => file.write(`${JSON.stringify(frame)}\n`))
 * stream.stop()
 */
export function pageSource(observable: Observable, options: PageOptions = {}): Source<PageFrame> {
  return (send, refuse) => live(observable, options, isBeginning => new PageTelling(send, isBeginning, options), refuse)
}

type Optional = Partial<Pick<PageFrame, 'parent' | 'from' | 'corr' | 'cause'>>

interface Known {
  readonly snapshot: ShownSnapshot
  /** How many snapshots were sent as patches since the last whole snapshot. */
  readonly patches: number
}

class PageTelling implements Telling {
  readonly #send: Send<PageFrame>
  readonly #isBeginning: () => boolean
  readonly #node: string
  readonly #now: () => number
  readonly #began: number
  readonly #known = new Map<string, Known>()
  readonly #charts = new Set<string>()
  #count = 0
  /** When the last observation happened, by the clock of the runtime. */
  #wall = 0

  constructor(
    send: Send<PageFrame>,
    isBeginning: () => boolean,
    { node = 'local', now = () => performance.now() }: PageOptions,
  ) {
    this.#send = send
    this.#isBeginning = isBeginning
    this.#node = node
    this.#now = now
    this.#began = now()
  }

  missed(dropped: number): void {
    this.#known.clear()
    const { v, t, node } = this.#common()
    this.#send({ v, seq: ++this.#count, t, wall: this.#wall, node, kind: 'gap', data: { dropped } }, true)
  }

  begun(): void {
    // The next frame is about a new event.
  }

  tell(one: Observation): void {
    switch (one.kind) {
      case 'actor':
        return this.#actor(one)
      case 'step':
        return this.#step(one)
      case 'supervision':
        return this.#snapshot(one, shownSnapshot(one.snapshot))
      case 'stopped':
        this.#known.delete(one.address)
        return this.#say('stop', one, { reason: one.reason })
      case 'said': {
        const { id, type, data, to, correlationid, causationid } = one.envelope
        const origin = { from: one.address, corr: correlationid, ...(causationid && { cause: causationid }) }
        return this.#say('said', one, { id, type, data: cut(plain(data)), ...(to && { to }) }, origin)
      }
      case 'dead': {
        const { envelope, reason, attempts } = one.letter
        const { id, type, source, correlationid } = envelope
        return this.#say('dead', one, { id, type, reason, attempts }, { from: source, corr: correlationid })
      }
      case 'asked':
      case 'answered':
        return this.#ask(one)
    }
  }

  #actor(one: ObservedActor): void {
    const { address, definition, config, parent, role, name, how, incarnation } = one
    const isNew = !this.#charts.has(definition)
    if (isNew && this.#taken('chart', one, { definition, config: plain(config) })) this.#charts.add(definition)
    const snapshot = shortened(shownSnapshot(one.snapshot))
    this.#known.set(address, { snapshot, patches: 0 })
    const kind = how === 'restarted' ? 'restart' : 'actor'
    const data = { how, role, name, definition, ...(incarnation !== undefined && { incarnation }), snapshot }
    this.#say(kind, one, data, parent === undefined ? {} : { parent })
  }

  #step(one: ObservedStep): void {
    const { position, type, envelope, outcome, correlationid: corr, causationid, error } = one
    const given = envelope && { id: envelope.id, data: cut(plain(envelope.data)) }
    const data = { position, type, ...given, outcome, ...(error !== undefined && { error: plain(error) }) }
    const origin = { corr, ...(causationid && { cause: causationid }), ...(envelope && { from: envelope.source }) }
    this.#say('event', one, data, origin)
    this.#snapshot(one, shownSnapshot(one.snapshot))
  }

  #snapshot(one: Observation, whole: ShownSnapshot): void {
    const snapshot = shortened(whole)
    const { snapshot: before, patches: sent = 0 } = this.#known.get(one.address) ?? {}
    const patches = before && patchesBetween(before, snapshot)
    if (patches?.length === 0) return
    const isFull = !patches || sent + 1 >= patchesPerFull || patches.some(isReserved)
    const taken = this.#taken('snapshot', one, isFull ? { full: snapshot } : { patches })
    // A refused snapshot cannot be patched. A gap follows, and then the whole snapshot.
    if (taken) this.#known.set(one.address, { snapshot, patches: isFull ? 0 : sent + 1 })
  }

  #ask(one: ObservedAsk | ObservedAnswer): void {
    const { key, type, to } = one
    const ended = one.kind === 'answered' && {
      latency: one.latency,
      ...(one.failure !== undefined && { failure: one.failure }),
    }
    const began = one.kind === 'asked' && { deadline: one.deadline }
    this.#say('ask', one, { state: one.kind, key, type, to, ...began, ...ended }, { from: one.address })
  }

  #say(kind: PageKind, about: Observation, data: object, optional?: Optional): void {
    this.#taken(kind, about, data, optional)
  }

  #taken(kind: PageKind, about: Observation, data: object, optional: Optional = {}): boolean {
    const { address: actor, party, time: wall } = about
    this.#wall = wall
    const { v, t, node } = this.#common()
    const place = { wall, ...(party !== undefined && { party }), node, kind, actor, ...optional }
    return this.#send({ v, seq: ++this.#count, t, ...place, data }, this.#isBeginning())
  }

  #common() {
    return { v: 1 as const, t: this.#now() - this.#began, node: this.#node }
  }
}

/** Cuts each field of the context by itself: a field that is too long does not hide the others. */
function shortened({ context, ...rest }: ShownSnapshot): ShownSnapshot {
  if (typeof context !== 'object' || context === null || Array.isArray(context))
    return context === undefined ? rest : { ...rest, context: cut(context) }
  return { ...rest, context: Object.fromEntries(Object.entries(context).map(([key, one]) => [key, cut(one)])) }
}

/** Immer refuses to change fields with these names. */
function isReserved({ path }: { readonly path: readonly (string | number)[] }): boolean {
  return path.some(key => key === '__proto__' || key === 'constructor' || key === 'prototype')
}
