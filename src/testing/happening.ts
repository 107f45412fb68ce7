import type * as z from 'zod'
import type { EventDefinition, RequestDefinition } from '../index.ts'

/** One thing that happened in a run. */
export interface Happening<D = unknown> {
  /**
   * An event was `published`, a request `asked`, a piece of work `ran` (once for each attempt), an event `died` as a dead letter, or an
   * agent `restarted`.
   */
  readonly kind: 'published' | 'asked' | 'ran' | 'died' | 'restarted'
  /** The type of the event or request, the name of the work, or the address of the agent. */
  readonly name: string
  /** The payload, what was asked, the input of the work, the reason of the death, or the number of the incarnation. */
  readonly data: D
  /** The agent that did it, or that the dead letter was for. */
  readonly agent: string
  /** Epoch milliseconds by the clock of the run. */
  readonly time: number
  /** The id of the event, or of the event that led to it. */
  readonly event: string | undefined
}

/** What a check looks for in a run. */
export interface Sought<D = unknown> {
  /** In words, such as `"shop.baked" is published`. */
  readonly words: string
  readonly kind: Happening['kind']
  /** Whether a happening is what the check looks for. */
  readonly isMet: (happening: Happening) => happening is Happening<D>
}

/** What a check looks for: an event by its type or definition, which is published; or what `published`, `asked` and so on give. */
export type Wanted = string | Pick<EventDefinition, 'type' | 'schema'> | Sought

/** The data of what a check looks for, such as the payload of the event. */
export type DataOf<W> =
  W extends Sought<infer D> ? D : W extends { readonly schema: infer S extends z.ZodType } ? z.output<S> : unknown

/**
 * Looks for an event that was published.
 *
 * @example
 * eventually(test, published(cakeOrdered, ({ tiers }) => tiers > 2))
 *
 * @param where which payloads; all by default
 */
export function published<S extends z.ZodType>(
  event: string | Pick<EventDefinition<string, S>, 'type' | 'schema'>,
  where?: (data: z.output<S>) => boolean,
): Sought<z.output<S>> {
  return sought('published', 'is published', typeof event === 'string' ? event : event.type, where)
}

/**
 * Looks for a request that was asked.
 *
 * @example
 * never(test, asked(guestCount))
 *
 * @param where which requests, by what was asked; all by default
 */
export function asked<I extends z.ZodType>(
  request: string | Pick<RequestDefinition<string, I>, 'type' | 'input'>,
  where?: (input: z.output<I>) => boolean,
): Sought<z.output<I>> {
  return sought('asked', 'is asked', typeof request === 'string' ? request : request.type, where)
}

/**
 * Looks for a piece of work that ran, such as an effect.
 *
 * @example
 * before(test, published(orderApproved), ran('charge-card'))
 *
 * @param where which inputs; all by default
 */
export function ran(name: string, where?: (input: unknown) => boolean): Sought {
  return sought('ran', 'runs', name, where)
}

/**
 * Looks for an event or a request that became a dead letter.
 *
 * @example
 * never(test, died('cake.ordered', reason => reason === 'expired'))
 *
 * @param where which dead letters, by their reason; all by default
 */
export function died(event: string | { readonly type: string }, where?: (reason: unknown) => boolean): Sought {
  return sought('died', 'becomes a dead letter', typeof event === 'string' ? event : event.type, where)
}

/**
 * Looks for an agent that failed and began anew.
 *
 * @example
 * never(test, restarted('runtime/baker'))
 *
 * @param agent its address
 */
export function restarted(agent: string): Sought {
  return sought('restarted', 'restarts', agent)
}

function sought<D>(kind: Happening['kind'], verb: string, name: string, where?: (data: D) => boolean): Sought<D> {
  const isNamed = (one: Happening): one is Happening<D> => one.kind === kind && one.name === name
  return {
    words: `"${name}"${where ? ' as described' : ''} ${verb}`,
    kind,
    isMet: (one: Happening): one is Happening<D> => isNamed(one) && (!where || where(one.data)),
  }
}

/** What a check looks for, with the short forms written out. */
export function soughtIn<const W extends Wanted>(wanted: W): Sought<DataOf<W>> {
  const { words, kind, isMet }: Sought = isSought(wanted) ? wanted : published(wanted)
  return { words, kind, isMet: (one: Happening): one is Happening<DataOf<W>> => isMet(one) }
}

function isSought(wanted: Wanted): wanted is Sought {
  return typeof wanted !== 'string' && 'isMet' in wanted
}
