import { inspect } from 'node:util'
import type { Definition, EventOf } from '../../index.ts'

/** One step of a path: the agent hears an event or a request, a piece of work ends, or time passes. */
export type PathStep =
  | { readonly kind: 'hear'; readonly definition: Definition; readonly event: EventOf & { readonly ask?: string } }
  | { readonly kind: 'done'; readonly work: string; readonly src: string; readonly output: unknown }
  | { readonly kind: 'fail'; readonly work: string; readonly src: string; readonly error: unknown }
  | { readonly kind: 'time'; readonly ms: number }

/** A step in a few words, such as `search fails`. */
export function wordsOf(step: PathStep): string {
  switch (step.kind) {
    case 'hear':
      return step.event.type
    case 'done':
      return `${step.work} is done`
    case 'fail':
      return `${step.work} fails`
    case 'time':
      return `${step.ms} ms pass`
  }
}

/** A step with its data, for errors. */
export function shownOf(step: PathStep): string {
  const data = step.kind === 'hear' ? step.event.data : step.kind === 'done' ? step.output : undefined
  return `${wordsOf(step)}${data === undefined ? '' : ` ${inspect(data, { breakLength: Number.POSITIVE_INFINITY }).slice(0, 200)}`}`
}
