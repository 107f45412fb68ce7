import type { Span } from './passage.ts'
import { oneOf } from './people.ts'

const nobody =
  '(?:(?:nobody|no one|noone)(?: else)?|none(?: of (?:us|them|(?:the|our|my) \\w+))?|neither(?: of (?:us|them))?)'
const verbs = oneOf('is are was were has have needs? wants? eats? will_be')
const negated = "(?:(?:is|are|was|were|do|does|did|need|have|has|had|would)n't|won't|ain't|dont|isnt|doesnt|needn't)"
const fillers = oneOf(
  'really actually even going_to have has having need needs want eat to be a an any known food the there',
)
const before = new RegExp(
  `(?<!\\w)(?:${nobody}(?:'s| ${verbs})|(?<!why )(?:not|no longer|never|without|zero|no)|${negated})(?: ${fillers}){0,5} $`,
)
const after =
  /^(?: \w+){0,2} (?:(?:is |are |be )?not|isn't|aren't|doesn't have to be) (?:necessary|needed|required|a must|important)/

// "She isn't vegan but he is"
const butSomebody = /^,? but (?:\w+ ){1,3}(?:is|are|am|do|does)(?=$|[,.;!?)\n~])/

/** Whether the text says at this passage that nobody needs it: "nobody is vegan", "it doesn't have to be vegan". */
export const isDenied = (text: string, { at, end }: Span): boolean => {
  const rest = text.slice(end, end + 60)
  return (before.test(text.slice(Math.max(0, at - 80), at)) && !butSomebody.test(rest)) || after.test(rest)
}
