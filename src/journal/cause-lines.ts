import type { CauseLink } from './causes.ts'

/** A link of a chain of causes, in words. */
export interface CauseLine {
  /** What happened, and its data; `because` stands before all but the first. */
  readonly what: string
  /** How long after the first cause, and where: `2.0 s  runtime at 26`. */
  readonly at: string
}

/**
 * A chain of causes in words, the nearest cause first.
 *
 * @example
 * for (const { what, at } of causeLines(causes.chain(id))) console.log(`${what}\n    ${at}`)
 *
 * @param most how many characters of the data of a link are shown; 100 by default
 */
export function causeLines(links: readonly CauseLink[], most = 100): readonly CauseLine[] {
  const began = links.at(-1)?.time ?? 0
  return links.map(({ what, data, time, partition, position }, place) => {
    const text = data === undefined ? '' : ` ${JSON.stringify(data)}`
    const payload = text.length <= most ? text : `${text.slice(0, most)}...`
    return {
      what: `${place === 0 ? '' : 'because '}${what}${payload}`,
      at: `${((time - began) / 1_000).toFixed(1)} s  ${partition} at ${position}`,
    }
  })
}
