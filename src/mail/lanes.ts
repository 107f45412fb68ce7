import type { Envelope } from './envelope.ts'
import { type Accepts, Lane } from './lane.ts'

/** The lanes of a mailbox by priority: 1 is most urgent. */
export type Lanes = (Lane | undefined)[]

/** The lane of an event, which is created for the first event of its priority. */
export function laneOf(lanes: Lanes, { priority }: Envelope): Lane {
  let lane = lanes[priority]
  if (!lane) {
    // All lower priorities get a place, so that the array has no holes: engines read such arrays faster.
    while (lanes.length < priority) lanes.push(undefined)
    lanes[priority] = lane = new Lane()
  }
  return lane
}

/** The lane that holds all waiting events, if there is only one such lane. */
export function onlyLane(lanes: Lanes): Lane | undefined {
  let only: Lane | undefined
  for (let priority = 1; priority < lanes.length; priority++) {
    const lane = lanes[priority]
    if (!lane || lane.isEmpty) continue
    if (only) return undefined
    only = lane
  }
  return only
}

/** The lane that holds the next acceptable event. @param aging milliseconds of waiting that make an event more urgent by one */
export function nextLane(lanes: Lanes, accepts: Accepts, aging: number): Lane | undefined {
  let next: Lane | undefined
  let turn = Number.POSITIVE_INFINITY
  for (let priority = 1; priority < lanes.length; priority++) {
    const lane = lanes[priority]
    // A less urgent lane goes first only if its oldest event has waited long enough to make up for its priority.
    const since = lane?.since(accepts, next ? turn - priority * aging : turn)
    if (since === undefined) continue
    next = lane
    turn = since + priority * aging
  }
  return next
}

/** The oldest of the least urgent events in memory; `undefined` if all are more urgent than a priority. */
export function leastUrgent(lanes: Lanes, than: number): Envelope | undefined {
  for (let priority = lanes.length - 1; priority >= than; priority--) {
    const first = lanes[priority]?.first()
    if (first) return first
  }
  return undefined
}
