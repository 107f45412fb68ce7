const teens = 'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' ')
const units = [...'zero one two three four five six seven eight nine'.split(' '), ...teens]
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')
const smallNumber = new RegExp(
  `(?<![\\w.])(?<!(?:no|any|some|every|the right|another) (?=one))(?:(${tens.join('|')})(?:[ -](${units.slice(1, 10).join('|')}))?|(${units.join('|')}))(?!\\w|'|-free)`,
  'g',
)

/** Writes number words as digits: "twenty-five" becomes "25", "two dozen" 24, "a couple hundred" 200. */
export const withDigits = (text: string): string =>
  withOrdinals(text)
    .replace(smallNumber, (_, ten?: string, one = 'zero', unit?: string) =>
      String(ten === undefined ? units.indexOf(unit ?? '') : (tens.indexOf(ten) + 2) * 10 + units.indexOf(one)),
    )
    .replace(/(?<!\w)a couple(?: of)? (?=hundred|thousand|grand|dozen)/g, '2 ')
    .replace(/(?<!\w)half a dozen(?!\w)/g, '6')
    .replace(/(?<![\w.,])(?:(\d{1,3}) |a )?dozen(?!\w)/g, (_, n: string | undefined) => String(Number(n ?? 1) * 12))
    .replace(/(?<![\w.,])(\d{1,3})(?: and a half|\.5) (thousand|grand|k|hundred)(?!\w)/g, (_, n: string, of: string) =>
      String((Number(n) + 0.5) * (of === 'hundred' ? 100 : 1000)),
    )
    .replace(
      /(?<![\w.,]|few )(?:(\d{1,2}) |a )?hundred(?:(?: and)? (\d{1,2})(?![\w.,]))?(?!\w)/g,
      (_, n?: string, rest?: string) => String(Number(n ?? 1) * 100 + Number(rest ?? 0)),
    )
    .replace(
      /(?<![\w.,]|few )(?:(\d{1,3}) |a )?thousand(?:,? (?:and )?(\d{1,3})(?![\w.,]))?(?!\w)/g,
      (_, n?: string, rest?: string) => String(Number(n ?? 1) * 1000 + Number(rest ?? 0)),
    )

// ---------------------------------------------------------------- "the twenty-first of May"

const firstOrdinals = 'zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth'.split(
  ' ',
)
const ordinals = [...firstOrdinals, ...units.slice(13).map(teen => `${teen}th`)]
const monthNames = '(?:january|february|march|april|may|june|july|august|september|october|november|december)'
const months = `(?:${monthNames}|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\\.?)`
const ordinal = `(?:(?<ten>twenty|thirty)[ -])?(?<unit>${ordinals.slice(1).join('|')}|twentieth|thirtieth)`
const ordinalDays = [
  new RegExp(`(?<=(?<!\\w)${months} (?:the )?)${ordinal}(?!\\w)`, 'g'),
  new RegExp(`(?<!\\w)${ordinal}(?= (?:of )?${months}(?!\\w))`, 'g'),
  new RegExp(`(?<=(?<!\\w)on the )${ordinal}(?!\\w)`, 'g'),
]

/** Only days: the "second tier" of a cake stays as it is. */
const withOrdinals = (text: string): string =>
  ordinalDays.reduce(
    (rest, form) =>
      rest.replace(form, (...match) => {
        const { ten = '', unit = '' }: { ten?: string; unit?: string } = match.at(-1)
        const more = unit === 'twentieth' ? 20 : unit === 'thirtieth' ? 30 : ordinals.indexOf(unit)
        return `${(ten === 'thirty' ? 30 : ten === 'twenty' ? 20 : 0) + more}th`
      }),
    text,
  )
