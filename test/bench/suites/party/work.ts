/** The work of a party, in eight steps that cost next to nothing, so that what is measured is who has them done. */

export interface Brief {
  readonly guests: number
  readonly theme: string
}

/** What is looked for at the same time, once the brief is there. */
export const searches = ['theme', 'venue', 'cake', 'catering', 'vendor'] as const

export type Search = (typeof searches)[number]

export interface Found {
  readonly search: Search
  readonly guests: number
  readonly cost: number
}

export interface Total {
  readonly guests: number
  readonly cost: number
  readonly items: Search[]
}

export interface Plan extends Total {
  readonly perGuest: number
}

export function analyse(input: string): Brief {
  const [theme = '', , , guests] = input.split(' ')
  return { guests: Number(guests), theme }
}

export function find(search: Search, { guests }: Brief): Found {
  return { search, guests, cost: guests * search.length }
}

export function total(found: readonly Found[]): Total {
  const cost = found.reduce((sum, one) => sum + one.cost, 0)
  return { guests: found[0]?.guests ?? 0, cost, items: found.map(({ search }) => search) }
}

export function plan(sum: Total): Plan {
  return { ...sum, perGuest: sum.cost / sum.guests }
}

/** The input of a party of so many guests. */
export const inputFor = (guests: number) => `jungle party for ${guests} guests`

const costOfGuest = searches.reduce((sum, { length }) => sum + length, 0)

/** Throws unless it is the plan for so many guests, on which all have worked. */
export function checkPlan(guests: number, made: Plan | null | undefined): void {
  if (made?.guests === guests && made.perGuest === costOfGuest && new Set(made.items).size === searches.length) return
  throw new Error(`the plan for ${guests} guests is ${JSON.stringify(made)}`)
}
