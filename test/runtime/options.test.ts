import { createRuntime, defineEvent, type RuntimeOptions, RuntimeOptionsError } from 'troupe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { dogAgent, petsParty } from '../support/pets.ts'

/** What plain JavaScript may give, whatever the types say. */
const made = (options: object | null) => () => createRuntime(options as RuntimeOptions)

describe('an option of a runtime that is of the wrong kind', () => {
  it.each<[string, unknown]>([
    ['party', null],
    ['party', {}],
    ['party', dogAgent()],
    ['agents', dogAgent()],
    ['registered', 5],
    ['events', defineEvent('a.b', z.object({}))],
    ['transforms', 5],
    ['journal', 'data'],
    ['journal', {}],
    ['clock', {}],
    ['scheduler', { microtask: queueMicrotask }],
    ['random', 5],
    ['effects', { pay: () => 1 }],
    ['ids', () => 'id'],
    ['log', 'loud'],
    ['log', { info: () => {} }],
    ['intensity', { max: 'three', within: 5 }],
    ['intensity', 3],
    ['snapshots', null],
    ['deadLetters', { most: 'all' }],
    ['limits', { agents: Number.NaN }],
    ['pulse', { every: -1 }],
    ['persist', { types: [] }],
    ['rateLimit', 100],
    ['strict', 'yes'],
    ['development', 0],
  ])('%s: %j is a typed error that names it', (option, given) => {
    expect(made({ [option]: given })).toThrow(expect.objectContaining({ code: 'RUNTIME_OPTIONS', option }))
  })

  it('names in its error what to give instead, and never its contents', () => {
    expect(made({ journal: { password: 'sesame' } })).toThrow(
      'createRuntime cannot take an object of another shape as "journal". Give it a journal, such as memoryJournal() or sqliteJournal({ directory }), or leave it out.',
    )
  })

  it('is an error too if the options are no object', () => {
    expect(made(null)).toThrow(RuntimeOptionsError)
  })

  it('is left out if it is undefined', () => {
    expect(made({ party: petsParty(dogAgent()), journal: undefined, intensity: undefined })).not.toThrow()
  })
})
