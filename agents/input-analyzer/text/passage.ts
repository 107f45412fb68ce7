/** The place of a passage in a text. */
export interface Span {
  readonly at: number
  readonly end: number
}

/** A sentence of a text; the point in a number does not end it. */
export const sentence = /(?:[^.;!?\n]|[.](?=\d))+/g

/** Whether a passage overlaps one of the others. */
export const isWithin = ({ at, end }: Span, spans: readonly Span[]): boolean =>
  spans.some(span => at < span.end && end > span.at)

/** The text with some passages blanked. Its length is the same, so other passages keep their places. */
export const blank = (text: string, spans: readonly Span[]): string =>
  spans.reduce((rest, { at, end }) => rest.slice(0, at) + '~'.repeat(end - at) + rest.slice(end), text)

// "$2,500 including the cake" is not the price of the cake, and neither is "$8000 not including it".
const leavesOut = /(?<!\w)(?:(?:not )?including|incl|includes|excluding|not counting|without|apart from|except)(?!\w)/

/**
 * The word that a passage belongs to: the one with the shortest way to it within the sentence. Each comma or "and" on
 * the way makes it 30 letters longer; `far` makes the way to a weak word longer, so that a better word further away wins.
 */
export const nearest = <T extends Span & { far?: number }>(
  text: string,
  passage: Span,
  candidates: readonly T[],
): T | undefined => {
  let best: { candidate: T; way: number } | undefined
  for (const candidate of candidates) {
    const from = Math.min(candidate.end, passage.end)
    const to = Math.max(candidate.at, passage.at)
    // A subject that is so far away belongs to something else. The limit also keeps long texts fast.
    if (to - from > 160) continue
    const gap = text.slice(from, to)
    if (/[;!?\n]|\.(?!\d)/.test(gap) || leavesOut.test(gap)) continue
    const breaks = gap.match(/,| and | or | but | plus | with /g)?.length ?? 0
    const way = gap.length + 30 * breaks + (candidate.far ?? 0)
    if (best === undefined || way < best.way) best = { candidate, way }
  }
  return best?.candidate
}
