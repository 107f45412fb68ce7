import type { IgnoredText, Recommendation } from '../party/schemas.ts'
import type { PlanSources } from './sources.ts'
import { sentences, shortened } from './wording.ts'

// A pasted price list can hold hundreds of unusable numbers; the plan stays readable.
const mostNotes = 10

type Question = Recommendation & { readonly category: string }

/** Failures and unclear points, as questions to the family. Dangerous food comes first. */
export const questionsOf = ({ brief, failed = [], inputs = [] }: PlanSources): Recommendation[] => {
  const contents = new Map(inputs.map(({ inputId, content }) => [inputId, content]))
  const quoted = (inputId: string): string => {
    const content = contents.get(inputId)
    return content === undefined ? `the input ${inputId}` : `"${shortened(content)}"`
  }
  const notes = brief.ignored.filter(({ field }) => !isOpen(field))
  return [
    ...failed.map(({ agent, reason }) => ({
      category: agent,
      priority: 'high' as const,
      description: sentences([
        `We could not finish the ${agent} search: ${reason}`,
        'Try again, or change what you ask for',
      ]),
    })),
    ...brief.ignored.filter(({ field }) => field === 'diet').map(({ text }) => asked(unknownDiet(text))),
    ...brief.ignored
      .filter(({ field }) => field === 'language')
      .map(({ text, reason }) => asked(`We did not read "${shortened(text)}": ${reason}. Please write it in English.`)),
    ...brief.unclassified.map(inputId =>
      clarification('medium', `We did not understand ${quoted(inputId)}`, whatAbout),
    ),
    ...brief.contradictions.map(({ field, earlier, later }) =>
      clarification(
        'medium',
        `You said two things about ${field}: first ${earlier.value}, then ${later.value}`,
        `The later one counts; remove ${quoted(later.inputId)} if it is wrong`,
      ),
    ),
    ...notes.slice(0, mostNotes).map(note => clarification('low', noteOf(note))),
    ...(notes.length > mostNotes
      ? [clarification('low', `There are ${notes.length - mostNotes} more passages that we did not use`)]
      : []),
  ]
}

/** Whether the family must repeat something in other words before the plan is safe. */
export const isOpen = (field: string): boolean => field === 'diet' || field === 'language'

const whatAbout = 'Say what it is about: the theme, the venue, the cake, the food or helpers'

const clarification = (priority: Question['priority'], ...parts: string[]): Question => ({
  category: 'clarification',
  priority,
  description: sentences(parts),
})

const asked = (description: string): Question => clarification('high', description)

const unknownDiet = (text: string): string =>
  `What must the food not hold? We did not understand "${shortened(text, 200)}". ` +
  'Say it in other words, and tell whoever cooks and bakes.'

const noteOf = ({ field, text, reason }: IgnoredText): string =>
  field === 'text' ? `We did not understand "${shortened(text)}"` : `We did not use "${shortened(text)}": ${reason}`
