import type { DietaryFact, Facts, IgnoredText, MoneyFact, Setting, ThemeFact } from '../party/schemas.ts'
import { themeScore } from '../theme/search.ts'
import { type FoundWord, fold, wordsIn } from './classify.ts'

/**
 * Everything that one input says, read by rules: numbers, money, dates and keywords. `today` (YYYY-MM-DD) decides which
 * year "December 5" means. Whatever is out of bounds, or said twice with different values, is listed in `ignored`.
 */
export const extract = (content: string, { today }: { today: string }): Facts => {
  // The readers share one text of constant length: each blanks what it has used, so that the day of a date, a price or
  // a dietary head count is never read again as the number of guests.
  const text = withDigits(fold(content))
  const words = wordsIn(text)
  const date = readDate(text, today)
  const money = readMoney(blank(text, date.used), words)
  const dietary = readDietary(blank(text, [...date.used, ...money.used]), words)
  const guests = readGuests(blank(text, [...date.used, ...money.used, ...dietary.used]))
  const tiers = readTiers(text)
  const area = readOne('area', words, ({ area }) => area)
  const place = readOne('place', words, ({ place }) => place)
  const style = readOne('style', words, ({ style }) => style)
  const setting = readSetting(words)
  const theme = readTheme(words)
  const readers = [guests, tiers, setting, area, place, style, date, theme, money, dietary]
  return {
    ...(guests.value !== undefined && { guests: guests.value }),
    ...(tiers.value !== undefined && { tiers: tiers.value }),
    ...(setting.value !== undefined && { setting: setting.value }),
    ...(area.value !== undefined && { area: area.value }),
    ...(place.value !== undefined && { place: place.value }),
    ...(style.value !== undefined && { style: style.value }),
    ...(date.value !== undefined && { date: date.value }),
    ...(theme.value && { theme: theme.value }),
    money: money.value,
    dietary: dietary.value,
    flavours: readFlavours(text, words),
    services: each(words, ({ service }) => service),
    ignored: eachOnce(
      readers.flatMap(({ ignored }) => ignored),
      ({ field, text }) => `${field} ${text}`,
    ),
  }
}

interface Span {
  readonly at: number
  readonly end: number
}

const blank = (text: string, spans: readonly Span[]): string =>
  spans.reduce((rest, { at, end }) => rest.slice(0, at) + '~'.repeat(end - at) + rest.slice(end), text)

/** The last of those that share a key, in the order in which the keys came up. */
const eachOnce = <T>(values: readonly T[], keyOf: (value: T) => string): T[] => [
  ...new Map(values.map(value => [keyOf(value), value])).values(),
]

const each = <T>(words: readonly FoundWord[], read: (word: FoundWord) => T | undefined): T[] => [
  ...new Set(words.map(read).filter(value => value !== undefined)),
]

/** A question with one answer: within one text, as between texts, the later answer counts. */
const latest = <T>(field: string, said: readonly { text: string; value: T }[]) => {
  const value = said.at(-1)?.value
  const replaced = said.filter(one => one.value !== value)
  const ignored = replaced.map(({ text }) => ({ field, text, reason: 'the same text says something else later' }))
  return { value, ignored }
}

const readOne = (field: string, words: readonly FoundWord[], read: (word: FoundWord) => string | undefined) =>
  latest(
    field,
    words.flatMap(word => {
      const value = read(word)
      return value === undefined ? [] : [{ text: word.phrase, value }]
    }),
  )

const readSetting = (words: readonly FoundWord[]): { value: Setting | undefined; ignored: IgnoredText[] } => {
  const said = each(words, ({ setting }) => setting)
  if (said.length < 2) return { value: said[0], ignored: [] }
  return {
    value: undefined,
    ignored: [{ field: 'setting', text: said.join(', '), reason: 'both are mentioned, so either will do' }],
  }
}

const readTheme = (words: readonly FoundWord[]): { value: ThemeFact | undefined; ignored: IgnoredText[] } => {
  const names = [...new Set(words.flatMap(({ themes }) => themes))]
  const themes = names.map(name => {
    const own = [...new Set(words.filter(word => word.themes.includes(name)).map(({ phrase }) => phrase))]
    return { value: { name, words: own }, score: themeScore(name, own) }
  })
  // The sort is stable: between equals the one that is mentioned first stays first.
  const [best, ...others] = themes.toSorted((a, b) => b.score - a.score)
  const reason = `a party has one theme, and ${best?.value.name} is clearer or comes first`
  const named = others.filter(({ value }) => value.words.includes(value.name))
  return { value: best?.value, ignored: named.map(({ value }) => ({ field: 'theme', text: value.name, reason })) }
}

/** A pattern for any of the words; an underscore stands for the space within a phrase. */
const oneOf = (...words: string[]): string => `(?:${words.join(' ').replaceAll(' ', '|').replaceAll('_', '\\s')})`

// ---------------------------------------------------------------- number words

const teens = 'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' ')
const units = [...'zero one two three four five six seven eight nine'.split(' '), ...teens]
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')
const smallNumber = new RegExp(
  `(?<![\\w.])(?:(${tens.join('|')})(?:[ -](${units.slice(1, 10).join('|')}))?|(${units.join('|')}))(?!\\w)`,
  'g',
)

/** Writes number words as digits: "twenty-five" becomes "25", "two dozen" 24, "a hundred" 100. */
const withDigits = (text: string): string =>
  text
    .replace(smallNumber, (_, ten?: string, one = 'zero', unit?: string) =>
      String(ten === undefined ? units.indexOf(unit ?? '') : (tens.indexOf(ten) + 2) * 10 + units.indexOf(one)),
    )
    .replace(/(?<!\w)half a dozen(?!\w)/g, '6')
    .replace(/(?<![\w.,])(?:(\d{1,3}) |a )?dozen(?!\w)/g, (_, n: string | undefined) => String(Number(n ?? 1) * 12))
    .replace(
      /(?<![\w.,])(?:(\d{1,2}) |a )?hundred(?:(?: and)? (\d{1,2})(?![\w.,]))?(?!\w)/g,
      (_, n?: string, rest?: string) => String(Number(n ?? 1) * 100 + Number(rest ?? 0)),
    )
    .replace(/(?<![\w.,])(?:(\d{1,3}) |a )?thousand(?!\w)/g, (_, n: string | undefined) =>
      String(Number(n ?? 1) * 1000),
    )

// ---------------------------------------------------------------- guests

const children = 'kids? children child toddlers? teens? teenagers? boys girls'
const anybody = 'guests? people persons? attendees? visitors? invitees? friends classmates students folks heads'
const person = `${oneOf(anybody, children, 'adults? grown-?ups?')}(?!\\w)`
// What may stand between a number and its guests: one adjective, but nothing that makes the number something else.
const noAdjective = oneOf('per an? each of or and for to years? yrs? tiers? dollars? bucks hours? days? minutes?')
const adjective = `(?:(?!${noAdjective}\\b|year-)[a-z][a-z-]* )?`
// Bounded, or a long row of digits would be read again from each of its commas.
const count = '\\d[\\d,]{0,20}'
const numberThenPeople = new RegExp(
  `(?:(?<!\\w)between (?<low>${count}) and |(?<![\\w.$€£/-]))(?<number>${count})\\+?` +
    `(?:(?: ?- ?| to | or )(?<high>${count}))?[ -]${adjective}(?<who>${person})`,
  'g',
)
// A bare number counts guests only where the thought ends, or "for 3 hours" would be a tiny party.
const nextThought = oneOf('and at in on with to or but please outside under near this next downtown outdoors? indoors?')
const thoughtEnds = `(?=$|[,;!?)\\n~]|\\.(?!\\d)| (?:~|${nextThought}(?!\\w)))`
const groupNames = oneOf('guests? people attendees head_?count guest_count party_size group_size')
const invites = oneOf(
  'for inviting invite expecting party_of group_of',
  `${groupNames}(?:_?[:=]|_is|_are|_of|_will_be)?`,
)
const roughly = oneOf('about around roughly approximately up_to at_least max maximum')
const peopleThenNumber = new RegExp(
  `(?<!\\w)${invites} (?:${roughly} )?(?<number>${count})(?:(?: ?- ?| to )(?<high>${count}))?${thoughtEnds}`,
  'g',
)
const ofUs = new RegExp(`(?<![\\w.$€£/-])(?<number>${count}) of us(?!\\w)`, 'g')

const groups = [
  { name: 'adults', pattern: /^(?:adult|grown)/ },
  { name: 'boys', pattern: /^boys/ },
  { name: 'girls', pattern: /^girls/ },
  { name: 'kids', pattern: /^(?:kid|child|toddler|teen)/ },
]

/** "20 kids and 15 adults" are 35 guests, but "75 guests, 30 of them kids" are 75. */
const readGuests = (text: string): { value: number | undefined; ignored: IgnoredText[] } => {
  const matches = [numberThenPeople, peopleThenNumber, ofUs].flatMap(pattern => [...text.matchAll(pattern)])
  const said = matches
    .toSorted((a, b) => a.index - b.index)
    .map(match => {
      const numbers = [match.groups?.low, match.groups?.number, match.groups?.high]
      const value = Math.max(...numbers.map(number => Number((number ?? '0').replaceAll(',', ''))))
      const who = match.groups?.who ?? ''
      return { text: match[0], value, group: groups.find(({ pattern }) => pattern.test(who))?.name }
    })
  const everybody = said.filter(({ group }) => group === undefined)
  return within('guests', everybody.length > 0 ? everybody : added(said), 5, 500, 'guests')
}

const added = (said: readonly { text: string; value: number; group: string | undefined }[]) => {
  if (said.length === 0) return []
  const perGroup = new Map(said.map(({ group, value }) => [group, value]))
  const value = [...perGroup.values()].reduce((sum, one) => sum + one, 0)
  return [{ text: said.map(({ text }) => text).join(' + '), value }]
}

const within = (
  field: string,
  said: readonly { text: string; value: number }[],
  least: number,
  most: number,
  unit: string,
): { value: number | undefined; ignored: IgnoredText[] } => {
  const fits = ({ value }: { value: number }): boolean => value >= least && value <= most
  const outside = said.filter(one => !fits(one))
  const reason = `we plan for ${least} to ${most} ${unit}`
  const { value, ignored } = latest(field, said.filter(fits))
  return { value, ignored: [...ignored, ...outside.map(({ text }) => ({ field, text, reason }))] }
}

// ---------------------------------------------------------------- tiers

const namedTiers: Readonly<Record<string, number>> = { single: 1, double: 2, triple: 3 }

const readTiers = (text: string): { value: number | undefined; ignored: IgnoredText[] } => {
  const matches = [...text.matchAll(/(?<![\w.])(\d+|single|double|triple)[ -](?:tiers?|tiered)(?!\w)/g)]
  const said = matches.map(match => ({ text: match[0], value: namedTiers[match[1] ?? ''] ?? Number(match[1]) }))
  return within('tiers', said, 1, 10, 'tiers')
}

// ---------------------------------------------------------------- dietary needs

const having = 'who that which are is be with have has having need needs require requires want wants must eat eats'
const fillers = `(?: ${oneOf(having, 'a an only strictly also both severe serious')}){1,5}`
const countBefore = [
  // "two guests are gluten free", "three of them have a nut allergy"
  new RegExp(
    `(?<![\\w.$-])(?<number>${count}) (?:of (?:the |our |my )?)?(?:${adjective}${person}|them|us|whom)${fillers} $`,
  ),
  // "4 of them vegan"
  new RegExp(`(?<![\\w.$-])(?<number>${count}) (?:of (?:them|us|whom)) $`),
]
// "3 vegans", "two vegetarian guests"; but not "3 vegan pizzas"
const countDirectlyBefore = new RegExp(`(?<![\\w.$-])(?<number>${count}) $`)
const peopleOrEnd = new RegExp(`^(?: ${person}|$|[,.;!?)\\n~]| and | or | but )`)
const wholeParty = /(?:for|inviting|invite|expecting) \d[\d,]* $/

const readDietary = (
  text: string,
  words: readonly FoundWord[],
): { value: DietaryFact[]; used: Span[]; ignored: IgnoredText[] } => {
  const value: DietaryFact[] = []
  const used: Span[] = []
  const ignored: IgnoredText[] = []
  for (const word of words) {
    if (word.dietary === undefined) continue
    const before = text.slice(Math.max(0, word.at - 120), word.at)
    const direct = peopleOrEnd.test(text.slice(word.end)) ? countDirectlyBefore.exec(before) : null
    const match = direct ?? countBefore.map(pattern => pattern.exec(before)).find(found => found !== null)
    const number = match?.groups?.number
    if (!match || number === undefined) {
      value.push({ need: word.dietary, about: dishOf(text, words, word) ?? 'guests' })
      continue
    }
    // In "for 20 vegan guests" the same number is the whole party.
    if (!wholeParty.test(before)) used.push({ at: word.at - match[0].length, end: word.end })
    const guests = Number(number.replaceAll(',', ''))
    if (guests >= 1 && guests <= 500) {
      value.push({ need: word.dietary, about: 'guests', guests })
    } else {
      ignored.push({ field: 'dietary', text: `${match[0]}${word.phrase}`, reason: 'we plan for 1 to 500 guests' })
      value.push({ need: word.dietary, about: 'guests' })
    }
  }
  return { value: eachOnce(value, ({ need, about }) => `${need} ${about}`), used, ignored }
}

/** Chocolate milk is no wish for the cake, so flavours that stand nearer to the food are left alone. */
const readFlavours = (text: string, words: readonly FoundWord[]): string[] =>
  each(words, word =>
    word.flavour !== undefined && dishOf(text, words, word) !== 'catering' ? word.flavour : undefined,
  )

const dishOf = (text: string, words: readonly FoundWord[], word: FoundWord): 'cake' | 'catering' | undefined => {
  const dishes = words.flatMap(({ categories, at, end }): (Span & { dish: 'cake' | 'catering' })[] => {
    if (categories.includes('cake')) return [{ dish: 'cake', at, end }]
    return categories.includes('catering') ? [{ dish: 'catering', at, end }] : []
  })
  return nearest(text, word, dishes)?.dish
}

/**
 * The word that a passage belongs to: the one with the shortest way to it within the sentence. Each comma or "and" on
 * the way makes it 30 letters longer; `far` makes a weak word lose against a better one that stands further away.
 */
const nearest = <T extends Span & { far?: number }>(
  text: string,
  passage: Span,
  candidates: readonly T[],
): T | undefined => {
  let best: { candidate: T; way: number } | undefined
  for (const candidate of candidates) {
    const from = Math.min(candidate.end, passage.end)
    const to = Math.max(candidate.at, passage.at)
    // A subject that far off is another thought; it also keeps long texts cheap.
    if (to - from > 160) continue
    const gap = text.slice(from, to)
    if (/[;!?\n]|\.(?!\d)/.test(gap)) continue
    const breaks = gap.match(/,| and | or | but | plus | with /g)?.length ?? 0
    const way = gap.length + 30 * breaks + (candidate.far ?? 0)
    if (best === undefined || way < best.way) best = { candidate, way }
  }
  return best?.candidate
}

// ---------------------------------------------------------------- money

const figure = '\\d+(?:,\\d{3})*(?:\\.\\d+)?'
const amount = new RegExp(
  `(?<![\\w.,$€£/-])(?:us\\$ ?|\\$ ?|usd ?|(?<foreign>€ ?|£ ?|eur ))?` +
    `(?<first>${figure})(?<firstUnit>[km](?!\\w))?` +
    `(?:(?: ?- ?| to |(?<=between \\S{1,20}) and )(?:us\\$ ?|\\$ ?)?(?<second>${figure})(?<secondUnit>[km](?!\\w))?)?` +
    `(?<name> ?(?:dollars?|bucks|usd)(?!\\w)| ?(?:euros?|eur|€|£)(?!\\w))?(?!\\w|[.,]\\d)`,
  'g',
)
const eater = oneOf('person guest head kid child adult plate')
const perPerson = new RegExp(`^ ?(?:(?:/ ?|per |an? |each |for each )${eater}(?!\\w)|(?:pp|each|apiece)(?!\\w))`)
const perDay = /^ ?(?:(?:\/ ?|per |a |for the |for a )day(?!\w)|daily(?!\w))/
const perHour = /^ ?(?:(?:\/ ?|per |an )(?:hour|hr)(?!\w)|hourly(?!\w))/
const atLeastBefore =
  /(?<!\w)(?:at least|minimum(?: of)?|min|not? less than|(?<!(?:no|not) )more than|over|from|starting at) $/
const atLeastAfter = /^(?:\+| or more| and up| minimum)/
const limits = 'under below max maximum up_to at_most no_more_than less_than'
const leasts = 'minimum at_least more_than between from'
const moneyWordBefore = new RegExp(
  `(?<!\\w)(?:budget|spend|spending|costs?|price)` +
    `(?: ${oneOf('of is be at around about roughly should_be limit total', limits, leasts)}){0,4}:? $`,
)
const limitWordBefore = new RegExp(`(?<!\\bfor )(?<!\\w)${oneOf(limits)} $`)
const followedByPeople = new RegExp(`^ ?-?${adjective}${person}`)
const endsHere = new RegExp(`^(?: ?total)?${thoughtEnds}`)

const readMoney = (
  text: string,
  words: readonly FoundWord[],
): { value: MoneyFact[]; used: Span[]; ignored: IgnoredText[] } => {
  const said: { key: string; fact: MoneyFact }[] = []
  const used: Span[] = []
  const ignored: IgnoredText[] = []
  const subjects = moneySubjects(text, words)
  for (const match of text.matchAll(amount)) {
    const read = readAmount(text, match)
    if (read === undefined) continue
    used.push(read.span)
    const passage = text.slice(read.span.at, read.span.end)
    if (read.refused !== undefined) {
      ignored.push({ field: 'money', text: passage, reason: read.refused })
      continue
    }
    const unit = unitOf(text, read.span)
    const subject = nearest(text, read.span, subjects)
    const about = subject?.about ?? 'party'
    const fact: MoneyFact = {
      // A venue has its price by the day, a meal by the person; a bare "$20 each" can only mean food.
      about: about === 'party' && unit === 'person' && subject?.far === undefined ? 'catering' : about,
      unit: about === 'venue' && unit === 'total' ? 'day' : unit,
      ...(subject?.service !== undefined && { service: subject.service }),
      ...read.bounds,
      text: passage,
    }
    said.push({ key: [fact.about, fact.unit, fact.service].join(), fact })
  }
  const value = said.filter((one, index) => said.findLastIndex(({ key }) => key === one.key) === index)
  for (const one of said) {
    if (value.includes(one)) continue
    ignored.push({ field: 'money', text: one.fact.text, reason: 'the same text says something else later' })
  }
  return { value: value.map(({ fact }) => fact), used, ignored }
}

const readAmount = (
  text: string,
  match: RegExpExecArray,
): { span: Span; bounds: { min?: number; max?: number }; refused?: string } | undefined => {
  const { first = '', firstUnit, second, secondUnit, foreign, name } = match.groups ?? {}
  const before = text.slice(Math.max(0, match.index - 60), match.index)
  const marked = /[$€£]|usd|eur|dollar|bucks/.test(match[0]) || firstUnit === 'k' || secondUnit === 'k'

  // "$500 - $800" is a range, but "$500 - 20 guests" is one amount and a number of guests.
  const peopleFollow = followedByPeople.test(text.slice(match.index + match[0].length))
  const isRange = second !== undefined && !peopleFollow
  const whole = isRange || second === undefined
  const single = /^(?:us\$ ?|\$ ?|usd ?|€ ?|£ ?|eur )?[\d.,]*\d[km]?/.exec(match[0])?.[0] ?? match[0]
  const span = { at: match.index, end: match.index + (whole ? match[0] : single).length }
  const after = text.slice(span.end, span.end + 60)
  if (whole && peopleFollow) return undefined

  if (!marked) {
    const ends = endsHere.test(after) || perPerson.test(after) || perDay.test(after) || perHour.test(after)
    const limited = limitWordBefore.test(before) && Number(first.replaceAll(',', '')) >= 100
    if (!ends || !(moneyWordBefore.test(before) || limited)) return undefined
  } else if (!whole && !/[$€£]|usd|eur|k$/.test(single)) {
    return undefined
  }
  if (foreign !== undefined || /euro|eur|€|£/.test(name ?? '')) {
    return { span, bounds: {}, refused: 'only US dollars are understood' }
  }

  const low = dollarsOf(first, isRange && Number(first) < Number(second) ? (firstUnit ?? secondUnit) : firstUnit)
  const high = isRange ? dollarsOf(second, secondUnit) : low
  if ([low, high].some(value => value < 1 || value > 1_000_000)) {
    return { span, bounds: {}, refused: 'we count with $1 to $1,000,000' }
  }
  if (isRange) return { span, bounds: { min: Math.min(low, high), max: Math.max(low, high) } }
  const isLeast = atLeastBefore.test(before) || atLeastAfter.test(after)
  return { span, bounds: isLeast ? { min: low } : { max: low } }
}

const dollarsOf = (digits: string, unit: string | undefined): number => {
  const factor = unit === 'k' ? 1000 : unit === 'm' ? 1_000_000 : 1
  return Math.round(Number(digits.replaceAll(',', '')) * factor)
}

const unitOf = (text: string, { at, end }: Span): MoneyFact['unit'] => {
  const after = text.slice(end, end + 40)
  const before = text.slice(Math.max(0, at - 60), at)
  if (perPerson.test(after) || /(?<!\w)per (?:person|guest|head)(?!\w)[^.;!?\n]{0,20}$/.test(before)) return 'person'
  if (perHour.test(after) || /(?<!\w)per hour(?!\w)[^.;!?\n]{0,20}$/.test(before)) return 'hour'
  if (perDay.test(after) || /(?<!\w)per day(?!\w)[^.;!?\n]{0,20}$/.test(before)) return 'day'
  return 'total'
}

type MoneySubject = Span & { about: MoneyFact['about']; service?: MoneyFact['service']; far?: number }

const moneySubjects = (text: string, words: readonly FoundWord[]): MoneySubject[] => {
  const priced = ['venue', 'cake', 'catering', 'vendor'] as const
  const named = words.flatMap(({ categories, service, at, end }): MoneySubject[] => {
    const about = priced.find(name => categories.includes(name))
    return about === undefined ? [] : [{ about, at, end, ...(service !== undefined && { service }) }]
  })
  // "Venue budget" is about the venue, so these words count only when nothing better stands near.
  const party = text.matchAll(/(?<!\w)(?:party|budget|total|overall|altogether|everything|spend|birthday)(?!\w)/g)
  const whole = [...party].map((match): MoneySubject => {
    return { about: 'party', at: match.index, end: match.index + match[0].length, far: 25 }
  })
  return [...named, ...whole]
}

// ---------------------------------------------------------------- the date

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const firstHalf = 'jan(?:uary)? feb(?:ruary)? mar(?:ch)? apr(?:il)? may june?'
const secondHalf = 'july? aug(?:ust)? sept?(?:ember)? oct(?:ober)? nov(?:ember)? dec(?:ember)?'
const month = `(?<month>${oneOf(firstHalf, secondHalf)})\\.?`
const day = '(?<day>\\d{1,2})(?:st|nd|rd|th)?'
const verb = '(?! (?:come|be|attend|join|bring|need|want|have|eat|not|also)(?!\\w))'
const dateForms = [
  /(?<![\w-])(?<year>\d{4})-(?<month>\d{1,2})-(?<day>\d{1,2})(?![\d-])/g,
  /(?<![\w/.])(?<month>\d{1,2})\/(?<day>\d{1,2})\/(?<year>\d{4}|\d{2})(?![\w/])/g,
  new RegExp(`(?<!\\w)${month} ${day}(?:,? (?<year>20\\d\\d))?(?![\\w/%]|[.:,-]\\d| ${person})`, 'g'),
  new RegExp(`(?<![\\w.$,/-])${day}(?: of)? ${month}(?:,? (?<year>20\\d\\d))?(?!\\w)${verb}`, 'g'),
]

const readDate = (text: string, today: string) => {
  const matches: RegExpExecArray[] = []
  for (const match of dateForms.flatMap(form => [...text.matchAll(form)]).toSorted((a, b) => a.index - b.index)) {
    const previous = matches.at(-1)
    // "5 december 12" can be read twice; the first reading stands.
    if (previous === undefined || match.index >= previous.index + previous[0].length) matches.push(match)
  }
  const read = matches.map(match => ({ text: match[0], ...calendarDay(match, today) }))
  const fine = read.flatMap(({ text: passage, value }) => (value === undefined ? [] : [{ text: passage, value }]))
  const refused = read.flatMap(({ text: passage, reason }): IgnoredText[] =>
    reason === undefined ? [] : [{ field: 'date', text: passage, reason }],
  )
  const { value, ignored } = latest('date', fine)
  const used = matches.map(match => ({ at: match.index, end: match.index + match[0].length }))
  return { value, used, ignored: [...ignored, ...refused] }
}

const calendarDay = (match: RegExpExecArray, today: string): { value?: string; reason?: string } => {
  const { year, month: name = '', day: number = '' } = match.groups ?? {}
  const monthNumber = /^\d/.test(name) ? Number(name) : months.indexOf(name.slice(0, 3)) + 1
  const thisYear = Number(today.slice(0, 4))
  const said = year === undefined ? [0, 1, 2, 3].map(ahead => thisYear + ahead) : [Number(year.padStart(4, '20'))]
  const days = said.filter(one => Number(number) >= 1 && Number(number) <= daysIn(one, monthNumber))
  const dates = days.map(one => `${one}-${twoDigits(monthNumber)}-${twoDigits(Number(number))}`)
  if (dates.length === 0) return { reason: 'is not a day of the calendar' }
  // Written as YYYY-MM-DD, dates compare like words.
  const ahead = dates.find(date => date >= today)
  if (ahead === undefined) return { reason: 'has already passed' }
  const last = `${thisYear + 3}${today.slice(4)}`
  return ahead > last ? { reason: 'is more than three years away' } : { value: ahead }
}

const twoDigits = (number: number): string => String(number).padStart(2, '0')

/** How many days a month has; none if there is no such month. */
const daysIn = (year: number, monthNumber: number): number => {
  if (monthNumber < 1 || monthNumber > 12) return 0
  if (monthNumber === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(monthNumber) ? 30 : 31
}
