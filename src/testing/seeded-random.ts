/**
 * A source of randomness that repeats: the generator mulberry32 by Tommy Ettinger.
 *
 * @example
 * const runtime = createRuntime({ random: seededRandom(7) })
 *
 * @param seed any whole number
 */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
