import { builtInDirectory, readByRules } from 'troupe/agents'
import { describe, expect, it } from 'vitest'
import { searchCaterers } from '../../agents/catering/search.ts'
import { decide, type Notes } from '../../agents/input-analyzer/decide.ts'
import { completed, noProgress } from '../../agents/party/progress.ts'

/** A caterer was ordered for 75 guests, and counted so many when it asked. */
async function cateredFor(counted: number): Promise<Notes> {
  const input = await readByRules(
    { inputId: 'food', content: 'buffet for 75 guests', sourceType: 'text', tags: [], addedBy: 'user' },
    { today: '2026-01-01', signal: new AbortController().signal },
  )
  const { notes } = decide({ analysed: [input], progress: noProgress, needs: {}, executions: 0 }, { kind: 'added' })
  const needs = { guests: 75, guestsKnown: true, style: 'buffet', dietary: [] }
  const found = searchCaterers(needs, counted, await builtInDirectory.caterers())
  const completion = { agentName: 'catering', executionId: 'exec-1', executionTimeMs: 0, ...found } as const
  return { ...notes, progress: completed(notes.progress, completion) }
}

describe('a caterer that was found', () => {
  it('stands when it counted the guests of its order', async () => {
    expect(decide(await cateredFor(75), { kind: 'ended' }).orders).toEqual([])
  })

  it('is searched again when it counted others, because an input came and went in between', async () => {
    expect(decide(await cateredFor(40), { kind: 'ended' }).orders).toMatchObject([
      { agentName: 'catering', executionId: 'exec-2', needs: { guests: 75 } },
    ])
  })
})
