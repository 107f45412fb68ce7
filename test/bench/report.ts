import { availableParallelism, cpus } from 'node:os'
import { reachedBy } from './goals.ts'
import type { Results } from './results.ts'
import { short, table } from './table.ts'

/** What the figures were measured on. */
export const machine = {
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
  cores: availableParallelism(),
  cpu: cpus()[0]?.model ?? 'unknown',
}

export function machineLine(): string {
  const { node, platform, cores, cpu } = machine
  return `Node ${node}, ${platform}, ${cores} cores, ${cpu}`
}

/** A smoke run for people: only who ran. */
export function smokeText(results: Results): string {
  const { name, contestants } = results.suite
  const failed = new Set(results.failures.map(({ contestant }) => contestant))
  const rows = contestants.map(one => [`  ${one.name}`, failed.has(one.name) ? 'failed' : 'ran'])
  return [table([name, ''], rows), failureLines(results)].filter(part => part !== '').join('\n\n')
}

/** A suite for people: a table, then a line for each goal. */
export function reportText(results: Results): string {
  const { name, title } = results.suite
  const loads = results.loads.map(load => load.toFixed(2)).join(', ')
  const parts = [
    `${name}: ${title}\nmedian [min-max] of ${results.loads.length} round(s); load at the start: ${loads}`,
    figureTable(results),
    growthTable(results),
    goalTable(results),
    failureLines(results),
  ]
  return parts.filter(part => part !== '').join('\n\n')
}

function figureTable(results: Results): string {
  const { cases, contestants, figures } = results.suite
  const troupe = contestants.find(({ role }) => role === 'troupe')?.name ?? ''
  const head = ['', ...figures.flatMap(figure => [figure.name, '', 'Troupe is']), '']
  const rows = cases.flatMap(of => {
    const lines = contestants.flatMap(({ name, role }) => {
      const cells = figures.flatMap(figure => {
        const spread = results.spread(name, of, figure.name)
        const factor = name === troupe ? undefined : results.factor(troupe, name, of, figure.name)
        return [
          spread ? short(spread.median) : '-',
          spread && results.loads.length > 1 ? `[${short(spread.min)}-${short(spread.max)}]` : '',
          factor === undefined ? '' : `×${short(factor)}`,
        ]
      })
      if (cells.every(cell => cell === '-' || cell === '')) return []
      const label = role === 'troupe' ? `  ${name}` : `  ${role}: ${name}`
      return [[label, ...cells, results.noteOn(name, of) ?? '']]
    })
    return lines.length === 0 ? [] : [[of], ...lines]
  })
  return table(head, rows)
}

function growthTable(results: Results): string {
  const { contestants } = results.suite
  const figures = results.suite.figures.filter(({ grows }) => grows)
  if (figures.length === 0) return ''
  const rows = contestants.map(({ name }) => [
    `  ${name}`,
    ...figures.map(figure => results.growth(name, figure.name)?.toFixed(2) ?? '-'),
  ])
  return table(['growth of the total (1: in proportion, 2: square)', ...figures.map(({ name }) => name)], rows)
}

function goalTable(results: Results): string {
  const rows = reachedBy(results).map(({ goal, wanted, value, met, note }) => [
    `  ${goal}`,
    wanted,
    value === undefined ? '-' : short(value),
    met ? 'met    ' : 'not met',
    note === undefined ? '' : `(${note})`,
  ])
  return table(['goals', 'wanted', 'reached', '', ''], rows)
}

function failureLines(results: Results): string {
  return results.failures
    .map(({ round, contestant, case: of, error }) => `failed: ${contestant}, ${of}, round ${round}: ${error}`)
    .join('\n')
}

/** A suite for programs. */
export function reportJson(results: Results) {
  const { name: suite, title, cases, contestants, figures } = results.suite
  const troupe = contestants.find(({ role }) => role === 'troupe')?.name ?? ''
  const measured = cases.flatMap(of =>
    contestants.flatMap(({ name, role }) =>
      figures.flatMap(figure => {
        const spread = results.spread(name, of, figure.name)
        if (!spread) return []
        const samples = results.samples(name, of, figure.name)
        const troupeIs = name === troupe ? undefined : results.factor(troupe, name, of, figure.name)
        const note = results.noteOn(name, of)
        return [{ case: of, contestant: name, role, figure: figure.name, ...spread, samples, troupeIs, note }]
      }),
    ),
  )
  const growth = contestants.flatMap(({ name }) =>
    figures
      .filter(({ grows }) => grows)
      .map(figure => ({ contestant: name, figure: figure.name, exponent: results.growth(name, figure.name) })),
  )
  const { loads, failures } = results
  return { suite, title, machine, loads, figures: measured, growth, goals: reachedBy(results), failures }
}
