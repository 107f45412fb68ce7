const teens = 'ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(' ')
const units = [...'zero one two three four five six seven eight nine'.split(' '), ...teens]
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ')
const smallNumber = new RegExp(
  `(?<![\\w.])(?:(${tens.join('|')})(?:[ -](${units.slice(1, 10).join('|')}))?|(${units.join('|')}))(?!\\w)`,
  'g',
)

/** Writes number words as digits: "twenty-five" becomes "25", "two dozen" 24, "a hundred" 100. */
export const withDigits = (text: string): string =>
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
