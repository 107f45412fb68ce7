import type { WriteStream } from 'node:tty'
import { styleText } from 'node:util'
import type { PartyBudget, PartyPlan, PlannerState, Results } from 'troupe/agents'

/** Writes what was found, what it costs and what is still open, as a family would read it. */
export function report(state: PlannerState, out: WriteStream): string {
  const heading = (text: string) => styleText('bold', text, { stream: out })
  const { plan, budget, results } = state
  if (!plan) return 'Nothing was planned.\n'
  return [
    heading(plan.summary),
    '',
    ...found(results).flatMap(({ title, lines }) => [heading(title), ...lines.map(line => `  ${line}`), '']),
    ...(budget ? [heading('Budget'), ...money(budget).map(line => `  ${line}`), ''] : []),
    heading(`Still open (${plan.completionPercent} % complete)`),
    ...open(plan).map(line => `  ${line}`),
    '',
    heading('Next steps'),
    ...plan.nextSteps.map((step, place) => `  ${place + 1}. ${step}`),
    '',
  ].join('\n')
}

interface Section {
  readonly title: string
  readonly lines: readonly string[]
}

function found({ theme, venue, cake, catering, vendor }: Partial<Results>): readonly Section[] {
  return [
    ...(theme
      ? [{ title: 'Theme', lines: [`${theme.name}: ${theme.colours.join(', ')}`, theme.decorations.join(', ')] }]
      : []),
    ...optionSection('Venue', venue?.options[0], price => `${dollars(price)} a day`, 'pricePerDay'),
    ...optionSection('Cake', cake?.options[0], dollars, 'price'),
    ...optionSection('Food', catering?.options[0], price => `${dollars(price)} a person`, 'pricePerPerson'),
    ...(vendor
      ? [{ title: 'Vendors', lines: vendor.choices.flatMap(({ service, best }) => vendorLines(service, best)) }]
      : []),
  ]
}

function optionSection<K extends string>(
  title: string,
  option:
    | ({ readonly name: string; readonly why: readonly string[]; readonly misses: readonly string[] } & Record<
        K,
        number
      >)
    | undefined,
  priced: (price: number) => string,
  price: K,
): readonly Section[] {
  if (!option) return []
  return [{ title, lines: [`${option.name}, ${priced(option[price])}`, ...reasons(option)] }]
}

function reasons({
  why,
  misses,
}: {
  readonly why: readonly string[]
  readonly misses: readonly string[]
}): readonly string[] {
  return [
    ...(why.length > 0 ? [`because it ${why.join(', ')}`] : []),
    ...(misses.length > 0 ? [`but it ${misses.join(', ')}`] : []),
  ]
}

function vendorLines(service: string, best: Results['vendor']['choices'][number]['best']): readonly string[] {
  return [
    `${service}: ${best.name}, ${dollars(best.price)}${best.confirmed ? '' : ' (not confirmed)'}`,
    ...reasons(best).map(line => `  ${line}`),
  ]
}

function money({ totalBudget, breakdown, limit, withinLimit, missing, advice }: PartyBudget): readonly string[] {
  const width = Math.max(...Object.keys(breakdown).map(name => name.length), 'together'.length)
  const line = (name: string, { min, max, note }: { min: number; max: number; note?: string | undefined }) =>
    `${name.padEnd(width)}  ${between(min, max)}${note ? `  (${note})` : ''}`
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
  const questions = recommendations
    .filter(({ category }) => category === 'clarification')
    .map(({ description }) => description)
  const lines = [...missingAgents.map(agent => `There is no ${agent} yet.`), ...questions]
  return lines.length > 0 ? lines : ['Nothing: everything that a party needs is chosen.']
}

function between(min: number, max: number): string {
  return min === max ? dollars(min) : `${dollars(min)} to ${dollars(max)}`
}

function dollars(amount: number): string {
  return `$${amount.toLocaleString('en-US')}`
}
