import type { IgnoredText } from '../../party/schemas.ts'
import { isDenied } from '../text/denial.ts'
import { lexicon } from '../text/lexicon.ts'
import { isWithin, type Span } from '../text/passage.ts'
import { oneOf } from '../text/people.ts'
import { isSmallTalk } from '../text/small-talk.ts'
import { tokensOf } from '../text/tokens.ts'
import { type Avoidances, type Avoided, allergyWords, notNeeded, unknownFood } from './avoidance.ts'
import { foodsWithin } from './foods.ts'

interface Opener {
  readonly pattern: RegExp
  readonly allergy: boolean
  /** Whether unknown foods are reported. Not after "no ...", because anything can follow it. */
  readonly tells: boolean
  /** Whether a flavour counts. Not after "no ...": "no chocolate" is a matter of taste. */
  readonly flavours: boolean
}

const cannot =
  "(?:can ?no[tn]?|can'?t|could ?n[o']t|must ?n[o']t|may not|should ?n[o']t|do(?:es)?(?:n'?t| not)|won't|never)"
const eating = oneOf('eat eats tolerate digest consume touch stomach')
const having = oneOf('have has handle do stand want like serve use add bring')
const anything = '(?:(?:anything|foods?|things|stuff|dishes) (?:with|containing|that (?:has|have|contains?)) )?'
// "No allergies except for nuts"
const exceptions = '(?:except(?: for)?|other than|apart from|besides|but)'
const openers: Opener[] = [
  {
    // "allergic to", "allergies:", "breaks out in hives from", "had a bad reaction to"
    pattern: new RegExp(
      `(?<!\\w)(?:${allergyWords}(?: (?:reactions?|shock|info|information|list|alert|notes?|warning|risk))?(?: (?:${exceptions}|to|of|against|are|is|include)|(?=:| -| ?\\())|` +
        `(?:reacts?|reactions?)(?: badly| severely| strongly)? to|` +
        `(?:breaks? out|broke out|hives|swells?|gets? (?:very )?(?:sick|ill|hives|a rash))` +
        `(?: up)?(?: in (?:hives|a rash))? (?:from|with|when (?:he|she|they|i) eats?))[: (-]*`,
      'g',
    ),
    allergy: true,
    tells: true,
    flavours: true,
  },
  {
    pattern: new RegExp(`(?<!\\w)${cannot} (?:really |even )?${eating} ${anything}`, 'g'),
    allergy: false,
    tells: true,
    flavours: true,
  },
  {
    pattern: new RegExp(`(?<!\\w)${cannot} (?:really |even )?${having} ${anything}`, 'g'),
    allergy: false,
    tells: false,
    flavours: true,
  },
  {
    pattern: new RegExp(
      `(?<!\\w)(?:no|without|avoid(?:s|ing)?|free (?:of|from)|hold the|skip the|leave out|(?:keep|stay)s? away from|` +
        `nothing (?:with|containing)|(?:not|\\w+n't) (?:contain|include|hold)) (?:any )?${anything}`,
      'g',
    ),
    allergy: false,
    tells: false,
    flavours: false,
  },
]

const isException = new RegExp(` ${exceptions} `)
const separator = /,? (?:as well as|and|or|nor|plus|but)(?: also)?(?: to)? |, ?(?:also )?(?:to )?| ?[/&+] ?/g
const determiner =
  /^(?:(?:anything (?:with|containing)|a|an|all|any|the|some|most|other|kinds? of|types? of|tree (?=nuts?(?!\w))|raw|cooked|certain|both|either|even) )+/
const ending =
  /^ ?(?:products?|stuff|ingredients?|foods?|dishes|whatsoever|at all|either|too|also|please|pls|thanks?|anymore|allerg(?:y|ies))(?!\w)/
const itemEnds = new RegExp(
  `(?:^| )${oneOf(
    'so for but please pls thanks because since as which who that in on at with to if when is are was were he she it they we i',
    'you my our his her their has have had can could will would need needs want wants though too also either anymore severely',
    'badly very not no without whatsoever at_all another others hives reacts',
    allergyWords,
  )}(?!\\w)|[~()]| - |(?:^| )\\d`,
)

/** The items of a list that starts at `from`, and what they name. */
const itemsFrom = (text: string, from: number): (Span & { text: string })[] => {
  const rest = /^[^.;!?\n]{0,300}/.exec(text.slice(from))?.[0] ?? ''
  const items: (Span & { text: string })[] = []
  let at = 0
  for (const match of [...rest.matchAll(separator), undefined]) {
    const whole = rest.slice(at, match?.index ?? rest.length)
    const lead = determiner.exec(whole)?.[0].length ?? 0
    const bare = whole.slice(lead)
    const cut = itemEnds.exec(bare)
    const item = (cut === null ? bare : bare.slice(0, cut.index)).trimEnd()
    if (item === '') break
    items.push({ text: item, at: from + at + lead, end: from + at + lead + item.length })
    if (cut !== null || match === undefined) break
    at = match.index + match[0].length
  }
  return items
}

const isFlavour = (text: string): boolean => lexicon.get(text)?.flavour !== undefined

const isAnotherThought = (text: string): boolean => {
  const tokens = tokensOf(text)
  const [first] = tokens
  if (first === undefined || isSmallTalk(first.stem) || /^\d/.test(first.stem)) return true
  return tokens.some((_, index) => (lexicon.longestAt(text, tokens, index)?.meaning.categories.length ?? 0) > 0)
}

/** "Allergic to nuts, eggs and sesame": every member of the list that follows. */
export const readAfter = (text: string): Avoidances => {
  const found: Avoided[] = []
  const ignored: IgnoredText[] = []
  const used: Span[] = []
  for (const { pattern, allergy, tells, flavours } of openers) {
    for (const match of text.matchAll(pattern)) {
      const from = match.index + match[0].length
      if (isWithin({ at: match.index, end: from }, used)) continue
      const denied = allergy && !isException.test(match[0]) && isDenied(text, { at: match.index, end: match.index })
      let end: number | undefined
      for (const [index, item] of itemsFrom(text, from).entries()) {
        const { needs, rest } = foodsWithin(item.text)
        const diet = lexicon.get(item.text)?.dietary
        const isWhole = rest === '' || ending.test(rest)
        const counts = needs.length > 0 && (tells || isWhole) && (flavours || !isFlavour(item.text))
        if (counts && denied) {
          ignored.push(notNeeded(text.slice(match.index, item.end)))
        } else if (counts) {
          for (const need of needs) found.push({ need, allergy, at: match.index, end: item.end })
          if (allergy && !isWhole && !isSmallTalkOnly(rest))
            ignored.push(unknownFood(`${match[0].trim()} ${item.text}`))
        } else if (diet !== undefined && !denied) {
          found.push({ need: diet, allergy: false, at: item.at, end: item.end })
        } else if (index > 0 && isAnotherThought(item.text)) {
          break
        } else if (tells && !denied && !isSmallTalkOnly(item.text)) {
          ignored.push(unknownFood(allergy ? `${match[0].trim()} ${item.text}` : text.slice(match.index, item.end)))
        } else {
          break
        }
        end = item.end
      }
      if (end !== undefined) used.push({ at: match.index, end })
    }
  }
  return { found, ignored, used }
}

const isSmallTalkOnly = (text: string): boolean => tokensOf(text).every(({ stem }) => isSmallTalk(stem))
