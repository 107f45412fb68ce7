import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'
import type { PartyBudget, PartyPlan, PlannerState, Results } from 'troupe/agents'
import { wrap } from '../../src/cli/wrap.ts'
import { dollarRange, dollars } from './dollars.ts'
import type { Planned } from './earlier.ts'

/** A heading and what stands below it; an indented line starts with two blanks of its own. */
interface Section {
  readonly title: string
  readonly lines: readonly string[]
}

/** The reports of several parties, each under its id; a single party needs no id. */
export function reports(parties: readonly Planned[], out: WriteStream): string {
  const heading = (id: string) =>
    parties.length > 1 ? `${styleText('underline', `Party ${id}`, { stream: out })}\n` : ''
  return parties.map(({ id, state }) => `${heading(id)}${report(state, out)}`).join('\n\n')
}

/** Writes what was found, what it costs and what is still open, as a family would read it. */
function report({ plan, budget, results }: PlannerState, out: WriteStream): string {
  if (!plan) return 'Nothing was planned.\n'
  const columns = Math.min(out.columns ?? 120, 120)
  const sections: readonly Section[] = [
    { title: plan.summary, lines: [] },
    ...found(results),
    ...(budget ? [{ title: 'Budget', lines: money(budget) }] : []),
    { title: `Open questions (the plan is ${plan.completionPercent} % complete)`, lines: open(plan) },
    { title: 'Next steps', lines: plan.nextSteps.map((step, place) => `${place + 1}. ${step}`) },
  ]
  return sections
    .map(({ title, lines }) => {
      const heading = wrap(title, columns).map(line => styleText('bold', line, { stream: out }))
      return [...heading, ...lines.flatMap(line => wrap(`  ${line}`, columns))].join('\n')
    })
    .join('\n\n')
    .concat('\n')
}

function found({ theme, venue, cake, catering, vendor }: Partial<Results>): readonly Section[] {
  const [place] = venue?.options ?? []
  const [baker] = cake?.options ?? []
  const [caterer] = catering?.options ?? []
  const sections: Section[] = []
  if (theme) {
    const { name, colours, decorations } = theme
    sections.push({ title: 'Theme', lines: [`${name}: ${colours.join(', ')}`, decorations.join(', ')] })
  }
  if (place)
    sections.push({ title: 'Venue', lines: [`${place.name}, ${dollars(place.pricePerDay)} a day`, ...reasons(place)] })
  if (baker) sections.push({ title: 'Cake', lines: [`${baker.name}, ${dollars(baker.price)}`, ...reasons(baker)] })
  if (caterer)
    sections.push({
      title: 'Food',
      lines: [`${caterer.name}, ${dollars(caterer.pricePerPerson)} a person`, ...reasons(caterer)],
    })
  if (vendor)
    sections.push({
      title: 'Vendors',
      lines: vendor.choices.flatMap(({ service, best }) => [
        `${service}: ${best.name}, ${dollars(best.price)}${best.confirmed ? '' : ' (not confirmed)'}`,
        ...reasons(best).map(line => `  ${line}`),
      ]),
    })
  return sections
}

function reasons({ why, misses }: Pick<Results['venue']['options'][number], 'why' | 'misses'>): readonly string[] {
  return [
    ...(why.length > 0 ? [`because it ${why.join('; ')}`] : []),
    ...(misses.length > 0 ? [`but it ${misses.join('; ')}`] : []),
  ]
}

function money({ totalBudget, breakdown, limit, withinLimit, missing, advice }: PartyBudget): readonly string[] {
  const width = Math.max(...Object.keys(breakdown).map(name => name.length), 'together'.length)
  const line = (name: string, range: PartyBudget['totalBudget']) =>
    `${name.padEnd(width)}  ${dollarRange(range)}${range.note ? ` (${range.note})` : ''}`
  return [
    ...Object.entries(breakdown).map(([name, range]) => line(name, range)),
    line('together', totalBudget),
    ...(limit === undefined
      ? []
      : [`${'wished'.padEnd(width)}  at most ${dollars(limit)}: ${withinLimit ? 'within it' : 'may go over it'}`]),
    ...advice,
    ...(missing.length > 0 ? [`Not counted, because nothing was found: ${missing.join(', ')}`] : []),
  ]
}

function open({ recommendations, missingAgents }: PartyPlan): readonly string[] {
  const questions = recommendations.filter(({ category }) => category === 'clarification')
  const isUrgent = ({ priority }: PartyPlan['recommendations'][number]): boolean => priority === 'high'
  const lines = [
    ...questions.filter(isUrgent).map(({ description }) => description),
    ...missingAgents.map(agent => `There is no ${agent} yet.`),
    ...questions.filter(question => !isUrgent(question)).map(({ description }) => description),
  ]
  return lines.length > 0 ? lines.map(line => `- ${line}`) : ['None: everything that a party needs is chosen.']
}
