import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Journal } from '../../journal/journal.ts'
import { ownerOf } from '../../sqlite/owner.ts'
import type { App } from '../app.ts'
import { bytes, counted } from '../bytes.ts'
import { deadLettersOf, leftToDo, type PartitionSurvey, survey, surveyReaders } from '../survey.ts'
import { isDirectory } from '../where.ts'
import type { Check, Finding, Found } from './check.ts'
import { reasonOf } from './check.ts'

/** Most parties that are named; the rest are counted. */
const mostNamed = 20

/** A journal to examine, and its application, if known. */
interface Patient {
  readonly directory: string
  readonly journal: Journal
  readonly app: App | undefined
}

/** Checks the files of a data directory before any of them is opened. */
export function fileCheck(directory: string): Check {
  return { name: 'files', look: () => filesOf(directory) }
}

function filesOf(directory: string): Found {
  if (!isDirectory(directory)) return { how: 'failed', says: `"${directory}" is a file, not a directory.` }
  const database = sizeOf(directory, 'journal.db')
  if (database === undefined)
    return {
      how: 'failed',
      says: `There is no journal.db in "${directory}".`,
      fix: 'Name the directory that sqliteJournal({ directory }) was given.',
    }
  const log = sizeOf(directory, 'journal.db-wal') ?? 0
  const figures = { 'journal.db bytes': database, 'journal.db-wal bytes': log }
  const sizes = `journal.db has ${bytes(database)}${log > 0 ? `, its log ${bytes(log)}` : ''}`
  if (log === 0) return { how: 'ok', says: `${sizes}; its last process closed it.`, figures }
  const owner = ownerOf(directory)
  if (owner !== undefined)
    return { how: 'ok', says: `${sizes}; process ${owner} has it open. A copy of this moment is read.`, figures }
  return { how: 'ok', says: `${sizes}; its last process ended without closing it. The next one goes on.`, figures }
}

function sizeOf(directory: string, name: string): number | undefined {
  return statSync(join(directory, name), { throwIfNoEntry: false })?.size
}

/**
 * Examines a journal: its frames, its parties, what is left to do, dead letters, and durable subscriptions.
 *
 * @throws the reason of the signal
 */
export async function* lookInto({ directory, journal, app }: Patient, signal: AbortSignal): AsyncGenerator<Finding> {
  const surveys: PartitionSurvey[] = []
  try {
    for await (const one of survey(journal, app, signal)) surveys.push(one)
  } catch (error) {
    signal.throwIfAborted()
    yield { check: 'journal', how: 'failed', says: `${reasonOf(error)}.` }
    return
  }
  yield { check: 'journal', ...framesIn(surveys) }
  const parties = surveys.filter(({ party }) => party !== undefined)
  yield { check: 'parties', ...partiesIn(parties) }
  const troubled = surveys.filter(one => troubleOf(one) !== undefined)
  for (const one of troubled.slice(0, mostNamed))
    yield { check: one.party ?? one.partition, how: 'failed', ...(troubleOf(one) ?? { says: '' }) }
  if (troubled.length > mostNamed)
    yield { check: 'more', how: 'failed', says: `${troubled.length - mostNamed} more have trouble; --json names all.` }
  for (const { party, partition, edited } of surveys.filter(one => one.edited !== undefined).slice(0, mostNamed))
    yield { check: party ?? partition, how: 'remark', says: edited ?? '' }
  yield { check: 'left to do', ...left(surveys) }
  yield { check: 'dead letters', ...dead(surveys, directory) }
  yield { check: 'readers', ...(await readers(journal)) }
  if (!app) yield { check: 'agents', how: 'remark', ...notCompared }
}

const notCompared = {
  says: 'Not compared with those that were saved.',
  fix: 'With --app MODULE, a module that exports the party, they are.',
}

function framesIn(surveys: readonly PartitionSurvey[]): Found {
  const frames = surveys.reduce((sum, one) => sum + one.frames, 0)
  const pruned = surveys.filter(one => one.pruned > 0).length
  const older =
    pruned > 0 ? ` Of ${counted(pruned, 'partition')} the oldest were forgotten, as snapshots have them.` : ''
  const figures = { frames, partitions: surveys.length }
  return { how: 'ok', says: `${counted(frames, 'frame')} in ${counted(surveys.length, 'partition')}.${older}`, figures }
}

function partiesIn(parties: readonly PartitionSurvey[]): Found {
  if (parties.length === 0) return { how: 'ok', says: 'There are none.', figures: { parties: 0 } }
  const named = parties.slice(0, mostNamed).map(({ party = '' }) => party)
  const more = parties.length > mostNamed ? ` and ${parties.length - mostNamed} more` : ''
  const agents = parties.flatMap(({ standing }) => [...(standing?.agents.values() ?? [])])
  const there = agents.filter(({ gone }) => gone === undefined).length
  return {
    how: 'ok',
    says: `${counted(parties.length, 'party', 'parties')} with ${counted(there, 'agent')}: ${named.join(', ')}${more}.`,
    figures: { parties: parties.length, agents: there },
  }
}

/** Why a partition cannot go on; `undefined` if it can. */
function troubleOf({ fault, standing, party }: PartitionSurvey): Pick<Found, 'says' | 'fix'> | undefined {
  const id = party === undefined ? '' : `"${party}"`
  if (fault !== undefined)
    return {
      says: `No runtime can go on with it, it is quarantined: ${fault}`,
      fix: 'Fix what it says; the others go on.',
    }
  if (standing?.life.gaveUp) {
    const { agent, restarts, within, error } = standing.life.gaveUp
    return {
      says: `Its supervisor gave up: restart ${restarts} of ${agent} within ${within} ms. The last error: ${error}`,
      fix: `Fix the agent, then runtime.parties.retry(${id}).`,
    }
  }
  if (standing?.life.birth === 'failed')
    return { says: 'It failed while its agents started.', fix: `runtime.parties.delete(${id})` }
  return undefined
}

function left(surveys: readonly PartitionSurvey[]): Found {
  const { mail, timers, works, held } = leftToDo(surveys)
  const figures = { mail, timers, works, held }
  const parts = [
    mail > 0 ? `${counted(mail, 'event')} to handle` : '',
    timers > 0 ? `${counted(timers, 'timer')} set` : '',
    works > 0 ? `${counted(works, 'piece of work', 'pieces of work')} without an outcome` : '',
    held > 0 ? `${counted(held, 'piece of work', 'pieces of work')} held for a person` : '',
  ].filter(part => part !== '')
  if (parts.length === 0) return { how: 'ok', says: 'Nothing: every event is handled, and no timer is set.', figures }
  const says = `${parts.join(', ')}.`
  return held > 0 ? { how: 'remark', says, fix: 'runtime.held lists them.', figures } : { how: 'ok', says, figures }
}

function dead(surveys: readonly PartitionSurvey[], directory: string): Found {
  const letters = deadLettersOf(surveys)
  const figures = { 'dead letters': letters.length }
  const newest = letters.at(-1)
  if (!newest) return { how: 'ok', says: 'There are none.', figures }
  const reasons = Map.groupBy(letters, ({ reason }) => reason)
  const counts = Array.from(reasons, ([reason, some]) => `${some.length} ${reason}`).join(', ')
  return {
    how: 'remark',
    says: `${letters.length}: ${counts}. The newest: ${newest.envelope.type} for ${newest.to}.`,
    fix: `What led to it: npx troupe why ${newest.envelope.id} ${directory}`,
    figures,
  }
}

async function readers(journal: Journal): Promise<Found> {
  const all = await surveyReaders(journal)
  const figures = Object.fromEntries(all.map(({ name, behind }) => [name, behind]))
  if (all.length === 0) return { how: 'ok', says: 'No subscription keeps its place.', figures }
  const says = all.map(({ name, behind }) =>
    behind > 0 ? `${name} has ${counted(behind, 'position')} yet to read` : `${name} is up to date`,
  )
  return { how: 'ok', says: `${says.join(', ')}.`, figures }
}
