import smallTalk from '../../party/data/small-talk.json' with { type: 'json' }
import { tokensOf } from './tokens.ts'

const words = new Set(Object.values(smallTalk).flatMap(list => tokensOf(list).map(({ stem }) => stem)))

/** Whether the word with this stem says nothing about the party. */
export const isSmallTalk = (stem: string): boolean => words.has(stem)
