import smallTalk from '../../party/data/small-talk.json' with { type: 'json' }
import { tokensOf } from './tokens.ts'

const words = new Set(Object.values(smallTalk).flatMap(list => tokensOf(list).map(({ stem }) => stem)))

/** Whether a word, by its stem, says nothing about the party by itself. */
export const isSmallTalk = (stem: string): boolean => words.has(stem)
