import {
  type Agent,
  type Backoff,
  defineSupervisor,
  type Frame,
  type Hook,
  PartyFailedError,
  type RestartIntensity,
  type Runtime,
  type Strategy,
} from 'troupe'
import { describe, expect, it } from 'vitest'
import { barked, command, dogAgent, petsParty, urgent } from '../support/pets.ts'
import { atEveryAppend, atFrame, createProgram, lost, nothingLost } from '../support/program.ts'
import { settle } from '../support/runtime.ts'

const inP1 = { party: 'p1' }
const boom = command({ word: 'boom' })
const hasFailed = ({ cause }: Frame) => cause.kind === 'step' && cause.outcome === 'failed'
const forEver = () => new Promise<never>(() => {})

async function say(runtime: Pick<Runtime, 'bus' | 'idle'>, ...words: readonly string[]) {
  for (const word of words) await runtime.bus.publish(command({ word }), inP1)
  await runtime.idle()
}

const changesOf = (frames: readonly Frame[], what: string) =>
  frames.flatMap(({ entries }) =>
    entries.flatMap(entry =>
      entry.kind === 'agent' && entry.what === what ? entry.agent.split('/').slice(2).join('/') : [],
    ),
  )

describe('an agent that crashed just before its process did', () => {
  /** A dog has barked `a`, rested, woken up to `boom` and crashed on it, while `b` waited. */
  async function crashed(dog: Agent, backoff?: Backoff) {
    const program = createProgram()
    const party = { ...petsParty(dog), ...(backoff && { supervision: { backoff } }) }
    await program.until(atFrame(hasFailed, 'cut'), { party }, async runtime => {
      await runtime.parties.create({ id: 'p1' })
      await say(runtime, 'a', 'rest')
      await runtime.bus.publish(boom, inP1)
      await runtime.bus.publish(command({ word: 'b' }), inP1)
      await runtime.bus.publish(urgent({ word: 'up' }), inP1)
      await forEver()
    })
    return { program, party }
  }

  it('waits for its supervisor, is restarted, and handles what waited', async () => {
    const { program, party } = await crashed(dogAgent())
    const next = await program.start({ party })
    await next.idle()
    const dog = next.parties.get('p1').agent('dog')
    expect(dog).toMatchObject({ incarnation: 2 })
    expect(dog.snapshot()).toMatchObject({ value: 'awake', context: { count: 1 } })
    expect(next.bus.history({ type: 'agent.restarted' })).toMatchObject([
      { data: { address: 'party/p1/dog', incarnation: 2 } },
    ])
    expect(next.bus.history({ type: 'agent.recovered' })).toEqual([])
    expect(next.bus.deadLetters.list()).toMatchObject([{ reason: 'failed', envelope: { data: { word: 'boom' } } }])
    expect(lost(next)).toEqual(nothingLost)
  })

  it('keeps its context, if it is an agent that keeps it', async () => {
    const { program, party } = await crashed({ ...dogAgent(), onRestart: 'keep' })
    const next = await program.start({ party })
    await next.idle()
    expect(next.parties.get('p1').agent('dog').snapshot()).toMatchObject({ context: { count: 2 } })
  })

  it('starts without the mail that waited, if it is an agent that drops it', async () => {
    const { program, party } = await crashed({ ...dogAgent(), onRestart: 'anew' })
    const next = await program.start({ party })
    await next.idle()
    expect(next.parties.get('p1').agent('dog').snapshot()).toMatchObject({ context: { count: 0 } })
    expect(next.bus.deadLetters.list({ reason: 'stopped' })).toMatchObject([{ envelope: { data: { word: 'b' } } }])
    expect(lost(next)).toEqual(nothingLost)
  })

  it('stays stopped, if it is temporary', async () => {
    const { program, party } = await crashed(dogAgent({ restart: 'temporary' }))
    const second = await program.start({ party })
    await second.idle()
    expect(second.parties.get('p1').agent('dog').snapshot()).toMatchObject({ status: 'error' })
    expect(second.bus.history({ type: 'agent.stopped' })).toMatchObject([{ data: { reason: 'failed' } }])
    expect(second.bus.deadLetters.list().map(({ reason }) => reason)).toEqual(['failed', 'stopped'])
    const third = await program.start({ party })
    expect(third.bus.history({ type: 'agent.*' })).toEqual([])
    await say(third, 'c')
    expect(third.parties.get('p1').state).toMatchObject({ barks: 2 })
  })

  it('waits before it is restarted, if its supervisor has a backoff', async () => {
    const { program, party } = await crashed(dogAgent(), { initial: 2_000, jitter: 0 })
    const next = await program.start({ party })
    await settle()
    const dog = next.parties.get('p1').agent('dog')
    expect(dog.incarnation).toBe(1)
    program.clock.advance(1_999)
    await settle()
    expect(dog.incarnation).toBe(1)
    program.clock.advance(1)
    await next.idle()
    expect(dog).toMatchObject({ incarnation: 2 })
  })

  it.each<[Strategy, readonly string[]]>([
    ['one_for_one', ['dog']],
    ['one_for_all', ['puppy', 'dog', 'cat']],
    ['rest_for_one', ['dog', 'cat']],
  ])('is restarted with the siblings that the strategy names: %s', async (strategy, restarted) => {
    const program = createProgram()
    const calm = dogAgent()
    const agents = ['puppy', 'dog', 'cat'].map((name): Agent => ({ ...calm, name }))
    const party = petsParty(defineSupervisor({ name: 'kennel', strategy, agents }))
    await program.until(atFrame(hasFailed, 'cut'), { party }, async runtime => {
      const p1 = await runtime.parties.create({ id: 'p1' })
      await p1.agent('dog').send(boom)
      await forEver()
    })
    const next = await program.start({ party })
    await next.idle()
    expect(changesOf(await program.frames('party/p1'), 'restarting')).toEqual(restarted)
    expect(lost(next)).toEqual(nothingLost)
  })

  it('gets an event that it crashed on no more often than in one process', async () => {
    const program = createProgram()
    const party = petsParty({ ...dogAgent(), onCrash: 'redeliver' })
    let crashes = 0
    const third = atFrame(frame => hasFailed(frame) && ++crashes === 2, 'cut')
    await program.until(third, { party }, async runtime => {
      await runtime.parties.create({ id: 'p1' })
      await runtime.bus.publish(boom, inP1)
      await forEver()
    })
    const next = await program.start({ party })
    await next.idle()
    expect((await program.frames('party/p1')).filter(hasFailed)).toHaveLength(4)
    expect(next.bus.deadLetters.list()).toMatchObject([{ reason: 'failed', attempts: 4 }])
    expect(lost(next)).toEqual(nothingLost)
  })
})

describe('restarts', () => {
  const intensity: RestartIntensity = { max: 2, within: 5_000 }

  it('are counted from zero in each process', async () => {
    const program = createProgram()
    const options = { party: petsParty(dogAgent()), intensity }
    const first = await program.start(options)
    await first.parties.create({ id: 'p1' })
    await say(first, 'boom', 'boom')
    const second = await program.start(options)
    await say(second, 'boom', 'boom')
    expect(second.parties.get('p1').agent('dog')).toMatchObject({ incarnation: 5 })
    await say(second, 'boom').catch(() => {})
    expect(second.parties.get('p1').state).toMatchObject({ status: 'error' })
  })
})

describe('a party whose supervisor gave up', () => {
  const options = { party: petsParty(dogAgent()), intensity: { max: 0, within: 1_000 } }

  it('stays failed', async () => {
    const program = createProgram()
    const first = await program.start(options)
    await first.parties.create({ id: 'p1' })
    await first.bus.publish(boom, inP1)
    await settle()
    for (let lives = 0; lives < 2; lives++) {
      const next = await program.start(options)
      const p1 = next.parties.get('p1')
      expect(p1.state).toMatchObject({ status: 'error' })
      await expect(p1.addInput('sit')).rejects.toThrow(PartyFailedError)
      await expect(next.bus.publish(boom, inP1)).rejects.toThrow(PartyFailedError)
      await expect(p1.idle()).rejects.toThrow(PartyFailedError)
      expect(next.parties.quarantined()).toEqual([])
      expect(next.parties.stats()).toMatchObject({ statuses: { error: 1 } })
    }
  })

  it('is the only failed party, and may be deleted', async () => {
    const program = createProgram()
    const first = await program.start(options)
    for (const id of ['p1', 'p2']) await first.parties.create({ id })
    await first.bus.publish(boom, inP1)
    await settle()
    const second = await program.start(options)
    await second.bus.publish(command({ word: 'a' }), { party: 'p2' })
    await second.parties.get('p2').idle()
    expect(second.parties.get('p2').state).toMatchObject({ barks: 1, status: 'planning' })
    await second.parties.delete('p1')
    const third = await program.start(options)
    expect(third.parties.list().map(({ id }) => id)).toEqual(['p2'])
  })

  it('is either failed or restored, wherever the process ends', async () => {
    await atEveryAppend(async ending => {
      const program = createProgram()
      const isEnded = await program.until(ending, options, async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await runtime.bus.publish(boom, inP1)
        await settle()
      })
      const next = await program.start(options)
      const [p1 = await next.parties.create({ id: 'p1' })] = next.parties.list()
      await p1.idle().catch(() => {})
      await settle()
      const isWhole = p1.state.status === 'error' || p1.agent('dog').snapshot()?.status === 'active'
      expect({ isWhole, status: p1.state.status }).toMatchObject({ isWhole: true })
      expect(lost(next)).toEqual(nothingLost)
      return isEnded
    })
  })
})

describe('an agent that had ended', () => {
  it.each<[string, 'permanent' | 'transient' | 'temporary', (runtime: Runtime | Story) => Promise<unknown>]>([
    ['the application had stopped it', 'permanent', runtime => runtime.parties.get('p1').agent('dog').stop()],
    ['it had done its work', 'transient', runtime => say(runtime, 'leave')],
    ['it had crashed, and is temporary', 'temporary', runtime => say(runtime, 'boom')],
  ])('is not restored: %s', async (_, restart, end) => {
    const program = createProgram()
    const given = { party: petsParty(dogAgent({ restart })) }
    const first = await program.start(given)
    await first.parties.create({ id: 'p1' })
    await say(first, 'a')
    await end(first)
    await first.idle()
    for (let lives = 0; lives < 2; lives++) {
      const next = await program.start(given)
      expect(next.bus.history({ type: 'agent.*' })).toEqual([])
      await say(next, 'b')
      expect(next.parties.get('p1').state).toMatchObject({ barks: 1 })
      await next.parties
        .get('p1')
        .agent('dog')
        .send(command({ word: 'c' }))
      expect(next.bus.deadLetters.list({ reason: 'stopped' }).at(-1)).toMatchObject({
        envelope: { data: { word: 'c' } },
      })
      expect(lost(next)).toEqual(nothingLost)
    }
  })

  it('leaves its name free: a new agent may be spawned under it', async () => {
    const program = createProgram()
    const given = { party: petsParty(dogAgent()), registered: [dogAgent()] }
    const first = await program.start(given)
    const p1 = await first.parties.create({ id: 'p1' })
    await say(first, 'a')
    await p1.agent('dog').stop()
    const second = await program.start(given)
    const dog = await second.spawn(dogAgent(), inP1)
    await say(second, 'b')
    expect(dog.snapshot()).toMatchObject({ status: 'active', context: { count: 1 } })
    const third = await program.start(given)
    expect(third.parties.get('p1').agent('dog').snapshot()).toMatchObject({ status: 'active', context: { count: 1 } })
    await say(third, 'c')
    expect(third.parties.get('p1').state).toMatchObject({ barks: 3 })
  })

  it('is started again with its siblings by one_for_all, also in the next process', async () => {
    const program = createProgram()
    const agents = ['dog', 'puppy'].map((name): Agent => ({ ...dogAgent({ restart: 'transient' }), name }))
    const party = petsParty(defineSupervisor({ name: 'kennel', strategy: 'one_for_all', agents }))
    const first = await program.start({ party })
    const p1 = await first.parties.create({ id: 'p1' })
    await p1.agent('puppy').send(command({ word: 'leave' }))
    await first.idle()
    const next = await program.start({ party })
    await next.parties.get('p1').agent('dog').send(boom)
    await next.idle()
    expect(next.parties.get('p1').agent('puppy').snapshot()).toMatchObject({ status: 'active' })
    expect(next.parties.get('p1').agent('puppy')).toMatchObject({ incarnation: 2 })
  })
})

interface Story extends Pick<Runtime, 'bus' | 'idle'> {
  readonly parties: { get(id: string): { agent(name: string): { stop(): Promise<void> } } }
}

describe('the onInit of a restored agent', () => {
  const withHooks = (onInit: Hook, onDestroy?: Hook): Agent => ({ ...dogAgent(), onInit, onDestroy })

  it('runs in each process, before any mail; onDestroy runs only in an orderly stop', async () => {
    const program = createProgram()
    const done: string[] = []
    const party = petsParty(
      withHooks(
        ({ address }) => void done.push(`init ${address}`),
        () => void done.push('destroy'),
      ),
    )
    const first = await program.start({ party })
    await first.parties.create({ id: 'p1' })
    await first.bus.publish(command({ word: 'a' }), inP1)
    await first.idle()
    const second = program.create({ party })
    second.bus.subscribe(barked, ({ data }) => done.push(data.word))
    await second.start()
    await say(second, 'b')
    expect(done).toEqual(['init party/p1/dog', 'init party/p1/dog', 'b'])
    await second.stop()
    expect(done).toEqual(['init party/p1/dog', 'init party/p1/dog', 'b', 'destroy'])
  })

  it('keeps the mail waiting until it is over', async () => {
    const program = createProgram()
    const first = await program.start({ party: petsParty(withHooks(() => {})) })
    await first.parties.create({ id: 'p1' })
    await say(first, 'rest')
    await first.bus.publish(command({ word: 'a' }), inP1)
    const open = Promise.withResolvers<void>()
    const next = await program.start({ party: petsParty(withHooks(() => open.promise)) })
    const published = next.bus.publish(urgent({ word: 'up' }), inP1)
    await settle()
    expect(next.parties.get('p1').state).toMatchObject({ barks: 0 })
    open.resolve()
    await published
    await next.idle()
    expect(next.parties.get('p1').state).toMatchObject({ barks: 2 })
  })

  it('may fail: the agent is restarted, and keeps its mail', async () => {
    const program = createProgram()
    const first = await program.start({ party: petsParty(withHooks(() => {})) })
    await first.parties.create({ id: 'p1' })
    await say(first, 'rest')
    await first.bus.publish(command({ word: 'a' }), inP1)
    let tries = 0
    const party = petsParty(
      withHooks(() => {
        if (++tries === 1) throw new Error('the line is busy')
      }),
    )
    const next = await program.start({ party })
    await settle()
    expect(tries).toBe(2)
    await next.idle()
    expect(next.parties.quarantined()).toEqual([])
    expect(next.parties.get('p1').agent('dog')).toMatchObject({ incarnation: 2 })
    expect(next.parties.get('p1').state).toMatchObject({ barks: 1 })
    expect(lost(next)).toEqual(nothingLost)
  })
})
