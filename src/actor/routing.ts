import type { EventOf } from '../events/event.ts'

/**
 * Which member of a pool gets an event: each in turn (`round-robin`, the default), the one with the least mail
 * (`least-mail`), or by a key of the event, always the same one (`hash`).
 */
export type Routing =
  | 'round-robin'
  | 'least-mail'
  | {
      /** The key of an event. */
      readonly hash: (event: EventOf) => string
    }

/** The place of the smallest load; among equals the first one from a place on, so that idle members take turns. */
export function leastLoaded(loads: readonly number[], from: number): number {
  let least = from % loads.length
  for (let step = 1; step < loads.length; step++) {
    const place = (from + step) % loads.length
    if ((loads[place] ?? 0) < (loads[least] ?? 0)) least = place
  }
  return least
}

/**
 * The place of the member that a key belongs to. One member more or less moves only the keys that it gains or loses
 * (rendezvous hashing: D. Thaler and C. Ravishankar, Using name-based mappings to increase hit rates, IEEE/ACM
 * Transactions on Networking, 1998).
 */
export function hashed(key: string, members: readonly string[]): number {
  let best = 0
  let highest = -1
  for (const [place, member] of members.entries()) {
    const weight = weightOf(`${member} ${key}`)
    if (weight <= highest) continue
    highest = weight
    best = place
  }
  return best
}

/** FNV-1a over the code units, then the finalizer of MurmurHash3, without which similar names weigh alike. */
function weightOf(text: string): number {
  let hash = 0x81_1c_9d_c5
  for (let place = 0; place < text.length; place++) hash = Math.imul(hash ^ text.charCodeAt(place), 0x01_00_01_93)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85_eb_ca_6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2_b2_ae_35)
  return (hash ^ (hash >>> 16)) >>> 0
}
