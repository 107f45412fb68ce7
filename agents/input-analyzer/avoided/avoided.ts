import { isDenied } from '../text/denial.ts'
import { lexicon } from '../text/lexicon.ts'
import { isWithin, type Span, sentence } from '../text/passage.ts'
import { tokensOf } from '../text/tokens.ts'
import { readAfter } from './after.ts'
import { type Avoidances, unknownFood } from './avoidance.ts'
import { readBefore } from './before.ts'
import { readNames } from './by-name.ts'
import { foods } from './foods.ts'

const allergyWord =
  /(?<!\w)(?:(?:al+[ei]r[gj]|al+geri|allegi)\w*|anaph?[iy]l\w*|epi-?pens?|hives|intoleran\w*)(?! ?-?(?:friendly|aware|safe)(?!\w))/g

const hasAllergy = new RegExp(allergyWord.source)

/** All that must not be in the food, however the text says so. Each mention of an allergy is understood or reported. */
export const avoidedIn = (text: string): Avoidances => {
  const opened = readAfter(text)
  const closed = readBefore(text, opened.used)
  const named = readNames(text, [...opened.used, ...closed.used])
  const found = [...opened.found, ...closed.found, ...named.found]
  const ignored = [...opened.ignored, ...closed.ignored, ...named.ignored]
  const used = [...opened.used, ...closed.used, ...named.used]
  const mentions = [...text.matchAll(allergyWord)]
    .map(match => ({ at: match.index, end: match.index + match[0].length }))
    .filter(span => !isWithin(span, used))
  const missed = passedOver(text, used)
  const bare = mentions.filter(span => !isDenied(text, span))
  // "No nuts, please: my son is allergic" mentions one need in two places.
  const explained = (one: Span): boolean => bare.some(span => isSameThought(text, one, span))
  return {
    found: found.map(one => (explained(one) ? { ...one, allergy: true } : one)),
    ignored: [
      ...ignored,
      ...bare
        .filter(span => ![...found, ...missed].some(one => isSameThought(text, one, span)))
        .map(span => unknownFood(sentenceAround(text, span))),
      ...missed.map(({ at, end }) => unknownFood(text.slice(at, end))),
    ],
    used: [...used, ...mentions, ...missed],
  }
}

/**
 * Foods that no rule took, although the sentence mentions an allergy, or the clause mentions harm or leaving out. A longer
 * keyword such as "fish taco" is a wish. So is a flavour, except in a sentence with an allergy and without a cake.
 */
const passedOver = (text: string, used: readonly Span[]): Span[] =>
  [...text.matchAll(sentence)].flatMap(({ 0: said, index: at }) => {
    const isAllergy = hasAllergy.test(said)
    const tokens = tokensOf(said)
    return tokens.flatMap((_, first) => {
      const hit = foods.longestAt(said, tokens, first)
      if (hit === undefined) return []
      const keyword = lexicon.longestAt(said, tokens, first)
      const isTaste = keyword?.meaning.flavour !== undefined && (!isAllergy || /(?<!\w)(?:cup)?cakes?(?!\w)/.test(said))
      if (isTaste || (keyword?.meaning.categories.length ?? 0) > 0) return []
      const span = { at: at + hit.at, end: at + hit.end }
      if (isWithin(span, used) || isDenied(text, span)) return []
      return isAllergy || harm.test(thoughtAround(said, hit)) ? [span] : []
    })
  })

const harm =
  /(?<!\w)(?:no|not|never|nothing|without|\w+n't|cannot|away|off|kills?|sick|ill|dies?|hospital|harms?|danger\w*)(?!\w)/

const thoughtAround = (text: string, { at, end }: Span): string =>
  text.slice(text.lastIndexOf(',', at) + 1, text.indexOf(',', end) < 0 ? undefined : text.indexOf(',', end))

const isSameThought = (text: string, one: Span, bare: Span): boolean => {
  const gap = text.slice(Math.min(one.end, bare.end), Math.max(one.at, bare.at))
  if (!/[.;!?\n]/.test(gap)) return true
  // "No nuts! My son is allergic." But "he has an allergy" may be about anything.
  return one.end <= bare.at && /^[^.;!?\n]*[.;!?\n]+[^.;!?\n]*$/.test(gap) && isAllergic.test(text.slice(bare.at))
}

const isAllergic = /^al+[ei]r[gj]ic(?: to (?:it|them|those|that|these))?(?=$|[.,;!?)\n]| (?:and|so|to them))/

const sentenceAround = (text: string, { at, end }: Span): string => {
  const start = Math.max(...['.', ';', '!', '?', '\n', '~'].map(mark => text.lastIndexOf(mark, at - 1))) + 1
  const stop = /[.;!?\n~]/.exec(text.slice(end))
  return text.slice(start, stop === null ? undefined : end + stop.index).trim()
}
