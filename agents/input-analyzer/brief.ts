import type {
  AnalysedInput,
  Brief,
  Contradiction,
  DietaryFact,
  Facts,
  MoneyFact,
  SearchAgent,
} from '../party/schemas.ts'
import { dollars, searchAgents } from '../party/schemas.ts'

/**
 * Combines all inputs, in the order in which they were added. It keeps nothing between calls: after the removal of an input,
 * it is called again without that input.
 */
export const briefOf = (inputs: readonly AnalysedInput[]): Brief => {
  const guests = said(inputs, facts => facts.guests)
  const tiers = said(inputs, facts => facts.tiers)
  const setting = said(inputs, facts => facts.setting)
  const area = said(inputs, facts => facts.area)
  const place = said(inputs, facts => facts.place)
  const style = said(inputs, facts => facts.style)
  const date = said(inputs, facts => facts.date)
  const theme = said(inputs, facts => facts.theme)
  const money = saidMany(inputs, facts => facts.money)
  const arranged = latestPer(
    saidMany(inputs, facts => facts.arranged ?? []),
    String,
  )
  const last = {
    ...standing('guests', guests),
    ...standing('tiers', tiers),
    ...standing('setting', setting),
    ...standing('area', area),
    ...standing('place', place),
    ...standing('style', style),
    ...standing('date', date),
    ...standing('theme', withAllWords(theme)),
  }
  return {
    ...last,
    money: latestPer(money, moneySubject),
    dietary: withAllergies(saidMany(inputs, facts => facts.dietary)),
    flavours: latestPer(
      saidMany(inputs, facts => facts.flavours),
      String,
    ),
    services: latestPer(
      saidMany(inputs, facts => facts.services),
      String,
    ),
    ...(arranged.length > 0 && { arranged }),
    wanted: wantedIn(inputs),
    contradictions: [
      ...clashes('guests', guests),
      ...clashes('tiers', tiers),
      ...clashes('setting', setting),
      ...clashes('area', area),
      ...clashes('place', place),
      ...clashes('style', style),
      ...clashes('date', date),
      ...clashes(
        'theme',
        theme.map(({ value, inputId }) => ({ value: value.name, inputId })),
      ),
      ...moneyClashes(money),
    ],
    unclassified: inputs.filter(isNotUnderstood).map(({ inputId }) => inputId),
    ignored: saidMany(inputs, facts => facts.ignored).map(({ value, inputId }) => ({ ...value, inputId })),
  }
}

/** An input is understood when it belongs to a category or holds any fact, such as a date alone. */
export const isNotUnderstood = ({ categories, facts }: Pick<AnalysedInput, 'categories' | 'facts'>): boolean => {
  const { ignored, ...read } = facts
  const holdsFacts = Object.values(read).some(value => !Array.isArray(value) || value.length > 0)
  return categories.length === 0 && !holdsFacts && ignored.length === 0
}

interface Said<T> {
  readonly value: T
  readonly inputId: string
}

const said = <T>(inputs: readonly AnalysedInput[], read: (facts: Facts) => T | undefined): Said<T>[] =>
  inputs.flatMap(({ inputId, facts }) => {
    const value = read(facts)
    return value === undefined ? [] : [{ value, inputId }]
  })

const saidMany = <T>(inputs: readonly AnalysedInput[], read: (facts: Facts) => readonly T[]): Said<T>[] =>
  inputs.flatMap(({ inputId, facts }) => read(facts).map(value => ({ value, inputId })))

const standing = <Key extends string, T>(key: Key, values: readonly Said<T>[]): { [K in Key]?: Said<T> } => {
  const found: { [K in Key]?: Said<T> } = {}
  const last = values.at(-1)
  if (last !== undefined) found[key] = last
  return found
}

/** The last value on each subject, in the order in which the subjects first came. */
const latestPer = <T>(values: readonly Said<T>[], subjectOf: (value: T) => string): Said<T>[] => [
  ...new Map(values.map(one => [subjectOf(one.value), one])).values(),
]

// Two inputs that name the same theme make it clearer, so the words of both count.
const withAllWords = (themes: readonly Said<NonNullable<Facts['theme']>>[]) => {
  const last = themes.at(-1)
  if (last === undefined) return []
  const { name } = last.value
  const words = themes.flatMap(({ value }) => (value.name === name ? value.words : []))
  return [{ value: { name, words: [...new Set(words)] }, inputId: last.inputId }]
}

const clashes = (field: string, values: readonly Said<string | number>[]): Contradiction[] =>
  values.flatMap((later, index) => {
    const earlier = values[index - 1]
    return earlier === undefined || earlier.value === later.value ? [] : [{ field, earlier, later }]
  })

const moneyClashes = (money: readonly Said<MoneyFact>[]): Contradiction[] => {
  const subjects = [...new Set(money.map(({ value }) => moneySubject(value)))]
  return subjects.flatMap(subject => {
    const same = money.filter(({ value }) => moneySubject(value) === subject)
    return clashes(
      `money for ${subject}`,
      same.map(({ value, inputId }) => ({ value: inWords(value), inputId })),
    )
  })
}

const perUnit = { total: '', person: ' per person', day: ' per day', hour: ' per hour' }

const moneySubject = ({ about, service, unit }: MoneyFact): string =>
  `the ${about}${service === undefined ? '' : ` (${service})`}${perUnit[unit]}`

const inWords = ({ min, max }: MoneyFact): string => {
  if (min !== undefined && max !== undefined) return `${dollars(min)} to ${dollars(max)}`
  return max === undefined ? `at least ${dollars(min ?? 0)}` : `at most ${dollars(max)}`
}

/** The last value of each need. A need that any input calls an allergy stays an allergy. */
const withAllergies = (dietary: readonly Said<DietaryFact>[]): Said<DietaryFact>[] => {
  const allergies = new Set(dietary.filter(({ value }) => value.allergy).map(({ value }) => value.need))
  return latestPer(dietary, dietarySubject).map(({ value, inputId }) => ({
    value: allergies.has(value.need) ? { ...value, allergy: true } : value,
    inputId,
  }))
}

const dietarySubject = ({ need, about }: DietaryFact): string => `${need} ${about}`

const wantedIn = (inputs: readonly AnalysedInput[]): Brief['wanted'] => {
  const wanted: Partial<Record<SearchAgent, string[]>> = {}
  for (const agent of searchAgents) {
    const asking = inputs.filter(({ categories }) => categories.some(({ category }) => category === agent))
    if (asking.length > 0) wanted[agent] = asking.map(({ inputId }) => inputId)
  }
  return wanted
}
