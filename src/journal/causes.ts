import type { Envelope } from '../mail/envelope.ts'
import { type Entry, type Frame, isWanted } from './frame.ts'

/** An entry of the journal, with its frame. */
interface Happening {
  readonly entry: Entry
  readonly frame: Frame
}

/** One link of a chain of causes. */
export interface CauseLink {
  /** Who did what, as a sentence: `party/p1/venue says party.agent.completed`. */
  readonly what: string
  readonly partition: string
  readonly position: number
  /** Epoch milliseconds. */
  readonly time: number
  /** The id of the event, if the link is an event. */
  readonly id?: string
  /** The payload of the event, the answer, or the outcome. */
  readonly data?: unknown
}

/**
 * Finds in frames what led to an event.
 *
 * @example
 * const frames: Frame[] = []
 * for await (const frame of journal.read('party/p1')) frames.push(frame)
 * const causes = new Causes(frames)
 * const newest = causes.find('party.plan.updated').at(-1)
 * if (newest) for (const { what } of causes.chain(newest.id)) console.log(what)
 */
export class Causes {
  readonly #all: Happening[] = []
  readonly #at = new Map<string, Happening>()
  /** By the key of a piece of work: the entry that it is wanted, and the answer if it is an ask. */
  readonly #wanted = new Map<string, Happening>()
  readonly #answered = new Map<string, Happening>()
  readonly #said = new Map<string, Happening>()

  /** @param frames of one or more partitions, each partition in the order of its journal */
  constructor(frames: Iterable<Frame>) {
    for (const frame of frames) for (const entry of frame.entries) this.#enter({ entry, frame })
  }

  #enter(one: Happening): void {
    const { entry, frame } = one
    this.#all.push(one)
    this.#at.set(`${frame.partition} ${positionOf(entry)}`, one)
    if (isWanted(entry)) this.#wanted.set(entry.key, one)
    else if (entry.kind === 'reply' || entry.kind === 'refusal') this.#answered.set(entry.key, one)
    // An agent outside the parties hears an event of a party at a position of its own. That is not a second event.
    else if (isSaid(entry) && entry.kind !== 'dead' && !('heard' in entry) && !this.#said.has(entry.envelope.id))
      this.#said.set(entry.envelope.id, one)
  }

  /** The types of all events that are there. */
  get types(): readonly string[] {
    return [...new Set([...this.#said.values()].flatMap(({ entry }) => (isSaid(entry) ? [entry.envelope.type] : [])))]
  }

  /** The events with this id or type, the oldest first. */
  find(event: string): readonly Envelope[] {
    const byId = this.#said.get(event)
    const found = byId ? [byId] : [...this.#said.values()]
    return found.flatMap(({ entry }) =>
      isSaid(entry) && (byId || entry.envelope.type === event) ? [entry.envelope] : [],
    )
  }

  /** An event and its causes, the nearest first: back to a caller outside the agents, or as far as the journal goes. */
  chain(id: string): readonly CauseLink[] {
    const links: CauseLink[] = []
    const known = new Set<Happening>()
    let last: Happening | undefined
    for (let at = this.#said.get(id); at && !known.has(at); at = this.#causeOf(at)) {
      known.add(at)
      last = at
      const link = this.#linkOf(at)
      if (link) links.push(link)
    }
    const lost = last && this.#unjournalled(last.frame)
    return lost ? [...links, lost] : links
  }

  /** The handled event if it is not in the journal, because it was said with `persist: false`. */
  #unjournalled({ partition, cause, time }: Frame): CauseLink | undefined {
    if (cause.kind !== 'step' || this.#at.has(`${partition} ${cause.handled}`)) return undefined
    const what = `${cause.agent} hears ${cause.type}, which is not journalled`
    return { what, partition, position: cause.handled, time }
  }

  #causeOf({ entry, frame }: Happening): Happening | undefined {
    switch (entry.kind) {
      case 'asked':
        return this.#wanted.get(entry.envelope.ask ?? '') ?? this.#eventBefore(entry.envelope)
      case 'outcome':
        return this.#answerTo(entry) ?? this.#wanted.get(entry.key)
      case 'fired':
        return this.#before(frame, other => other.kind === 'timer' && isSame(other, entry))
      case 'occurred':
        return this.#before(frame, other => other.kind === 'scheduled' && other.name === entry.name)
      default:
        return this.#handledIn({ entry, frame }) ?? this.#eventBefore('envelope' in entry ? entry.envelope : undefined)
    }
  }

  /** The answer that a piece of work ended with, if it is an ask and the reply was in time. */
  #answerTo({ key, ok }: { readonly key: string; readonly ok: boolean }): Happening | undefined {
    const answer = this.#answered.get(key)
    return (answer?.entry.kind === 'reply') === ok ? answer : undefined
  }

  /** The event that the agent handled at that time. */
  #handledIn({ entry, frame: { partition, cause, entries } }: Happening): Happening | undefined {
    if (cause.kind === 'step') {
      const handled = this.#at.get(`${partition} ${cause.handled}`)
      const said = handled && 'heard' in handled.entry ? this.#said.get(handled.entry.envelope.id) : undefined
      // A start is not caused by a handled event.
      return handled?.entry === entry ? undefined : (said ?? handled)
    }
    const occurred = entries.find(({ kind }) => kind === 'occurred')
    return occurred && occurred !== entry ? this.#at.get(`${partition} ${positionOf(occurred)}`) : undefined
  }

  #eventBefore(envelope: Envelope | undefined): Happening | undefined {
    return envelope?.causationid === undefined ? undefined : this.#said.get(envelope.causationid)
  }

  #before({ partition, position }: Frame, isIt: (entry: Entry) => boolean): Happening | undefined {
    return this.#all.findLast(
      ({ entry, frame }) => frame.partition === partition && frame.position < position && isIt(entry),
    )
  }

  /** No link if the next link says the same. */
  #linkOf({ entry, frame }: Happening): CauseLink | undefined {
    const { partition, time, cause } = frame
    const link = { partition, position: positionOf(entry), time }
    const agent = cause.kind === 'step' ? cause.agent : partition
    switch (entry.kind) {
      case 'event':
      case 'redriven':
      case 'asked': {
        const { id, type, source, data, to } = entry.envelope
        const who = source === partition || source === 'outside' ? 'somebody outside' : source
        const what = entry.kind === 'asked' ? `${who} asks ${to ?? ''} ${type}` : `${who} says ${type}`
        return { ...link, what, id, data }
      }
      case 'reply':
        return { ...link, what: `${agent} answers`, data: entry.data }
      case 'refusal':
        return { ...link, what: `${agent} refuses`, data: entry.refusal }
      case 'outcome': {
        const wanted = this.#wanted.get(entry.key)?.entry
        if (this.#answerTo(entry)) return undefined
        const what = `${(wanted && nameOf(wanted)) ?? entry.key} ${entry.ok ? 'is done' : 'fails'}, for ${ownerOf(entry.key)}`
        return { ...link, what, data: entry.value }
      }
      case 'fired': {
        const set = this.#before(frame, other => other.kind === 'timer' && isSame(other, entry))?.entry
        const delay = set?.kind === 'timer' ? `${set.delay} ms are over` : 'the time has come'
        return { ...link, what: `${delay} for ${entry.agent}` }
      }
      case 'occurred':
        return { ...link, what: `the time of the schedule ${entry.name} has come` }
      case 'agent':
        return { ...link, what: `${entry.agent} is ${entry.what}` }
      case 'internal':
        return { ...link, what: `${entry.agent} hears ${entry.type} from a machine of its own` }
      default:
        return undefined
    }
  }
}

type Said = Extract<Entry, { readonly envelope: Envelope }>

function isSaid(entry: Entry): entry is Said {
  return 'envelope' in entry
}

function positionOf(entry: Entry): number {
  return entry.kind === 'dead' || !isSaid(entry) ? entry.seq : entry.envelope.seq
}

function isSame(one: { readonly agent: string; readonly id: string }, other: typeof one): boolean {
  return one.agent === other.agent && one.id === other.id
}

/** The name of a piece of work, for the beginning of a sentence. */
function nameOf(wanted: Entry): string | undefined {
  if (!isWanted(wanted)) return undefined
  if (wanted.kind === 'ask') return `the ask ${wanted.type}`
  return wanted.kind === 'wanted' ? `the ${wanted.work} ${wanted.name}` : wanted.name
}

/** A key begins with the address of the agent that the work is for. */
function ownerOf(key: string): string {
  return key.split('@', 1)[0] ?? key
}
