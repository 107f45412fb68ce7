import { oneOf } from '../text/people.ts'
import type { FoundWord } from '../text/words-in.ts'
import { latest } from './answer.ts'

const room = oneOf('house home place apartment flat condo yard backyard garden cottage cabin farm')
// "At grandma's", "at my sister's place", "in my parents' backyard".
const atHomeOf = new RegExp(
  `(?<!\\w)(?:at|in) (?:(?:my|our|his|her|their|the) )?(?:[a-z]+ )?(?:[a-z]+'s|[a-z]+s'|my|our) (?:own )?${room}(?!\\w)`,
  'g',
)
const noRoom = /(?:(?<!\w)(?:not?|never|no room|no space|too small)|n't)(?: [a-z]+){0,4} $/

/** The place of the party. */
export const readPlace = (text: string, words: readonly FoundWord[]) => {
  const isOut = (at: number): boolean => noRoom.test(text.slice(Math.max(0, at - 50), at))
  const named = words.flatMap(({ place, at, end, phrase }) => {
    if (place === undefined || (place === 'home' && isOut(at))) return []
    return [{ at, end, text: phrase, value: place }]
  })
  const homes = [...text.matchAll(atHomeOf)].flatMap(({ 0: phrase, index: at }) =>
    isOut(at) ? [] : [{ at, end: at + phrase.length, text: phrase, value: 'home' }],
  )
  const said = [...named, ...homes].toSorted((a, b) => a.at - b.at)
  return { ...latest('place', said), used: said }
}
