import { EscalatedError, GaveUpError } from 'troupe'
import { describe, expect, it } from 'vitest'
import { addRestart, defaultIntensity, type Restart } from '../../src/supervision/restart-intensity.ts'

/** Adds restarts one after the other; returns whether each was one too many. */
function exceededAt(restarts: readonly { at: number; cause?: string; child?: string }[]): readonly boolean[] {
  let earlier: readonly Restart[] = []
  return restarts.map(({ at, cause, child = 'dog' }) => {
    const added = addRestart(earlier, { at, cause, child }, defaultIntensity)
    earlier = added.restarts
    return added.exceeded
  })
}

describe('restarts', () => {
  it('are three in five seconds by default, and one more is too many', () => {
    expect(exceededAt([{ at: 0 }, { at: 1 }, { at: 2 }, { at: 5_000 }])).toEqual([false, false, false, true])
    expect(exceededAt([{ at: 0 }, { at: 1 }, { at: 2 }, { at: 5_001 }])).toEqual([false, false, false, false])
  })

  it('of several children on one event count once, and those of one child count each time', () => {
    const on = (cause: string, child: string) => ({ at: 0, cause, child })
    const herd = [on('e1', 'dog'), on('e1', 'cat'), on('e1', 'cow'), on('e1', 'hen'), on('e1', 'pig')]
    expect(exceededAt(herd)).toEqual([false, false, false, false, false])
    const ofDog = [on('e1', 'dog'), on('e2', 'dog'), on('e1', 'dog')]
    const ofCat = [on('e2', 'cat'), on('e1', 'cat'), on('e1', 'cat')]
    expect(exceededAt([...ofDog, ...ofCat, on('e1', 'cat')])).toEqual([false, false, false, false, false, false, true])
  })
})

describe('a supervisor that gave up', () => {
  const why = { restarts: 4, within: 5_000, lastError: 'no bone.', on: 'e1' }

  it('is told with the agent, how often it would have restarted, and on what', () => {
    const error = new EscalatedError('runtime/dog', why)
    expect(error).toMatchObject({ code: 'ESCALATED', address: 'runtime/dog', ...why })
    expect(error.message).toContain('"runtime/dog" would have been restart number 4 within 5000 ms')
  })

  it('is told in the next process with the agent', () => {
    expect(new GaveUpError('runtime/dog', why)).toMatchObject({ code: 'GAVE_UP', address: 'runtime/dog' })
  })
})
