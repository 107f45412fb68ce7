import { person, thoughtEnds } from './people.ts'

const dollar = '(?:us\\$|usd|\\$) ?'
const named = '(?: ?\\$| (?:dollars?|bucks|usd)(?!\\w))'
const noMoney = '(?:piano|hotel|hall|ballroom|finale|opening|entrance|plaza|lodge)'

/** Other ways to write a number, and the way that all rules read: "25ish" is "25", "2 grand" is "2k", "1500$" is "$1500". */
const forms: readonly (readonly [RegExp, string])[] = [
  // "Allergies:", and each of them on a line of its own
  [/(?<=(?<!\w)(?:al+erg\w*|diets?|dietary|intolerances?)[^\n]{0,30}:) ?\n+ ?(?:[-*•] ?)?/g, ' '],
  [/(?<=(?<!\w)(?:al+erg\w*|intolerances?):(?:(?!\n\n)[^.!?]){1,200})\n ?[-*•] ?/g, ', '],
  // "Budget 900 guests 18" is a filled-in form.
  [/(?<=(?<!\w)budget[ :=-]{1,3}\$?\d[\d,.]*k?) (?=guests?[ :=-]{1,3}\d)/g, ', '],
  [/(?<=(?<!\w)guests?[ :=-]{1,3}\d{1,3}) (?=(?:theme|venue|date|cake|food|budget)(?!\w))/g, ', '],
  [/(?<=\d)(?: |-)?ish(?!\w)/g, ''],
  [/(?<=\d) (?:or so|odd|something|some)(?= )/g, ''],
  [/(?<=\d)(?=(?:pp|ppl|pax)(?!\w))/g, ' '],
  [new RegExp(`(?<=\\d) ?(?:grand|thousand)(?! ${noMoney})(?!\\w)`, 'g'), 'k'],
  [new RegExp(`(?<!\\w)a (?:grand|k)(?=${thoughtEnds}| (?:total|max|tops|for|all))`, 'g'), '1k'],
  // "$2.000" and "1.500,00 dollars", as people write outside the USA.
  [new RegExp(`(?<=${dollar}\\d{1,3})\\.(\\d{3})(?:,\\d\\d)?(?![\\d.])`, 'g'), '$1'],
  [new RegExp(`(?<![\\w.,])(\\d{1,3})\\.(\\d{3})(?:,\\d\\d)?(?=${named})`, 'g'), '$1$2'],
  // "$1 500"
  [new RegExp(`(?<=${dollar}\\d{1,3}) (\\d{3})(?![\\d.,]|\\w| ${person})`, 'g'), '$1'],
  [new RegExp(`(?<![\\w.,$])(\\d{1,3}) (\\d{3})(?=${named})`, 'g'), '$1$2'],
  [/(?<![\w.,$])(\d[\d,]*(?:\.\d+)?k?) ?\$(?! ?\d)/g, '$$$1'],
]

/** Writes prices and numbers of people in one way. */
export const withFigures = (text: string): string =>
  forms.reduce((rest, [form, written]) => rest.replaceAll(form, written), text)
