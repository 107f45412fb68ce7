import { expect, it } from 'vitest'
import { command, petsParty, runnerAgent, trainerAgent } from '../support/pets.ts'
import { atAppend, createProgram, type Ending, goesOn, lost, nothingLost } from '../support/program.ts'

const party = () =>
  petsParty(
    runnerAgent(word => word),
    trainerAgent(undefined),
  )
const inP1 = { party: 'p1' }

type Program = ReturnType<typeof createProgram>

/** A small party: a bark, an effect, a timer of a second, an ask. It skips inputs that it has already. */
async function story(program: Program, ending: Ending): Promise<boolean> {
  return program.until(ending, { party: party() }, async runtime => {
    const [found] = runtime.parties.list()
    const p1 = found ?? (await runtime.parties.create({ id: 'p1', inputs: [{ inputId: 'inp-1', content: 'roll' }] }))
    await p1.idle()
    for (const word of ['sit', 'run', 'nap', 'end']) {
      const isSaid = runtime.bus
        .history({ type: command.type })
        .some(({ data }) => (data as { word: string }).word === word)
      if (!isSaid) await runtime.bus.publish(command({ word }), inP1)
      await p1.idle()
      program.clock.advance(1_000)
      await p1.idle()
    }
  })
}

async function endOf(program: Program) {
  const runtime = await program.start({ party: party() })
  await runtime.idle()
  program.clock.advance(1_000)
  await runtime.idle()
  const p1 = runtime.parties.get('p1')
  const { barks, status } = p1.state
  return {
    barks,
    status,
    inputs: p1.state.inputs.size,
    dog: p1.agent('dog').snapshot(),
    tricks: runtime.bus.history({ type: 'pets.told' }).map(({ data }) => data),
    lost: lost(runtime),
  }
}

it('a party reaches the same final state, wherever its process ends and whenever the next three end while they recover', async () => {
  const undisturbed = createProgram()
  await story(undisturbed, goesOn)
  const expected = await endOf(undisturbed)
  expect(expected).toMatchObject({ barks: 3, dog: { value: 'awake' }, lost: nothingLost })
  let isEnded = true
  for (let n = 1; isEnded; n++) {
    for (const k of [1, 2, 3])
      for (const last of ['written', 'lost'] as const) {
        const program = createProgram()
        isEnded = await story(program, atAppend(n, last))
        // Recovery appends at most three times, so each process ends at its first, second or third append.
        for (let lives = 0; lives < 3; lives++) await story(program, atAppend(k, lives === 1 ? 'lost' : 'written'))
        await story(program, goesOn)
        expect([n, k, last, await endOf(program)]).toEqual([n, k, last, expected])
      }
  }
})
