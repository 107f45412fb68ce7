import { agentTypes, Causes, defineAgent, defineEvent, defineParty, type Frame } from 'troupe'
import { describe, expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import * as z from 'zod'
import { outside } from '../../src/invoke/outside.ts'
import { frameIn } from '../../src/journal/frame-shape.ts'
import type { Work, WorkKind, WorkScope } from '../../src/work/kind.ts'
import { kindOf, registerKind } from '../../src/work/kinds.ts'
import { inputAdded, inputRemoved } from '../support/pets.ts'
import { atEveryAppend, atFrame, createProgram, lost, nothingLost } from '../support/program.ts'
import { settle } from '../support/runtime.ts'

/** A kind of work of this test's own: a person translates a text, page by page. */
interface Translation extends Work {
  readonly kind: 'translation'
  readonly title: string
  readonly inDoubt: 'retry' | 'hold' | undefined
}

const translate = (title: string, inDoubt?: Translation['inDoubt']) =>
  outside<{ readonly pages: number }, string, Translation>('translation', { kind: 'translation', title, inDoubt })

/** The translations under way, in all processes. */
const desk: WorkScope[] = []

const translation: WorkKind<Translation> = {
  name: 'translation',
  isAwaited: false,
  titleOf: ({ title }) => title,
  run({ title }, scope) {
    if (title === 'torn') throw new Error('cannot be read')
    scope.whenReady(() => void desk.push(scope))
    return () => void desk.splice(desk.indexOf(scope), 1)
  },
  recover: ({ inDoubt }) => inDoubt,
}
registerKind(translation)

const order = defineEvent('desk.order', z.object({}))
const nevermind = defineEvent('desk.nevermind', z.object({}))
const printed = defineEvent('desk.printed', z.object({ text: z.string() }))
const hears = [order, nevermind]
const says = [printed]

const editor = (work: ReturnType<typeof translate>) =>
  defineAgent({
    name: 'editor',
    hears,
    says,
    machine: setup({
      types: agentTypes({ context: {}, hears, says }),
      actors: { work },
      actions: { print: emit((_, text: string) => printed({ text })) },
    }).createMachine({
      initial: 'idle',
      states: {
        idle: { on: { 'desk.order': 'waiting' } },
        waiting: {
          on: { 'desk.nevermind': 'idle' },
          invoke: {
            id: 'work',
            src: 'work',
            input: { pages: 3 },
            onDone: { target: 'idle', actions: { type: 'print', params: ({ event }) => event.output } },
            onError: { target: 'idle', actions: { type: 'print', params: ({ event }) => `${event.error}` } },
          },
        },
      },
    }),
  })

const desks = (work: ReturnType<typeof translate>) =>
  defineParty({
    name: 'desk',
    agents: [editor(work)],
    events: [printed],
    inputs: { added: inputAdded, removed: inputRemoved },
    state: {
      initial: { printed: '' },
      on: { 'desk.printed': (state, { data }) => ({ ...state, printed: data.text }) },
    },
  })

/** A translation is ordered, its first page is done, and the process has crashed. */
async function crashed(work: ReturnType<typeof translate>) {
  desk.length = 0
  const program = createProgram()
  const isReported = ({ entries }: Frame) => entries.some(({ kind }) => kind === 'progressed')
  await program.until(atFrame(isReported, 'written'), { party: desks(work) }, async runtime => {
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(order({}), { party: 'p1' })
    await settle()
    expect(desk).toHaveLength(1)
    desk[0]?.report({ page: 1 })
    await new Promise(() => {})
  })
  const [first] = desk.splice(0)
  return { program, first }
}

describe('a kind of work that is registered', () => {
  it('is run when its agent wants it, and hands over its outcome', async () => {
    desk.length = 0
    const runtime = await createProgram().start({ party: desks(translate('poem')) })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(order({}), { party: 'p1' })
    await settle()
    expect(desk).toHaveLength(1)
    expect(desk[0]).toMatchObject({ input: { pages: 3 }, attempt: 1, progress: undefined, invokeId: 'work' })
    desk[0]?.report({ page: 1 })
    expect(desk[0]?.progress).toEqual({ page: 1 })
    desk[0]?.settle({ ok: true, output: 'a poem' })
    await runtime.idle()
    expect(party.state.printed).toBe('a poem')
    expect(lost(runtime)).toEqual(nothingLost)
  })

  it('is given up when its agent leaves the state that wants it', async () => {
    desk.length = 0
    const program = createProgram()
    const runtime = await program.start({ party: desks(translate('poem')) })
    await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(order({}), { party: 'p1' })
    await settle()
    expect(desk).toHaveLength(1)
    await runtime.bus.publish(nevermind({}), { party: 'p1' })
    await runtime.idle()
    expect(desk).toEqual([])
  })

  it('does not begin when its agent leaves that state before the journal holds that it is wanted', async () => {
    desk.length = 0
    const runtime = await createProgram({ pace: () => 5 }).start({ party: desks(translate('poem')) })
    await runtime.parties.create({ id: 'p1' })
    await Promise.all([order({}), nevermind({})].map(event => runtime.bus.publish(event, { party: 'p1' })))
    await runtime.idle()
    expect(desk).toEqual([])
  })

  it('fails, if it cannot even begin', async () => {
    const runtime = await createProgram().start({ party: desks(translate('torn')) })
    const party = await runtime.parties.create({ id: 'p1' })
    await runtime.bus.publish(order({}), { party: 'p1' })
    await runtime.idle()
    expect(party.state.printed).toBe('Error: cannot be read')
  })

  it('is written as wanted, progressed and ended, in frames that can be read back', async () => {
    const { program } = await crashed(translate('poem'))
    const next = await program.start({ party: desks(translate('poem')) })
    await settle()
    expect(desk).toHaveLength(1)
    desk[0]?.settle({ ok: true, output: 'a poem' })
    await next.idle()
    const frames = await program.frames('party/p1')
    const key = expect.stringMatching(/^party\/p1\/editor@\d+\/work$/)
    const entries = frames.flatMap(frame => frame.entries).filter(entry => 'key' in entry)
    // The step that handles the outcome leaves the state that wanted the work.
    expect(entries).toMatchObject([
      { kind: 'wanted', key, work: 'translation', name: 'poem' },
      { kind: 'progressed', key, data: { page: 1 } },
      { kind: 'outcome', key, ok: true, value: 'a poem' },
      { kind: 'dropped', key },
    ])
    for (const frame of frames) expect(frameIn(structuredClone(frame))).toEqual(frame)
  })

  it('shows up in why', async () => {
    const { program } = await crashed(translate('poem'))
    const next = await program.start({ party: desks(translate('poem')) })
    await settle()
    expect(desk).toHaveLength(1)
    desk[0]?.settle({ ok: true, output: 'a poem' })
    await next.idle()
    const causes = new Causes(await program.frames('party/p1'))
    const [event] = causes.find('desk.printed')
    expect(causes.chain(event?.id ?? '').map(({ what }) => what)).toEqual([
      'party/p1/editor says desk.printed',
      'the translation poem is done, for party/p1/editor',
      'somebody outside says desk.order',
    ])
  })
})

describe('a kind of work after a crash', () => {
  it('goes on from what it reported last, under the same key', async () => {
    const { program, first } = await crashed(translate('poem'))
    const next = await program.start({ party: desks(translate('poem')) })
    await settle()
    expect(desk).toHaveLength(1)
    expect(desk[0]).toMatchObject({ key: first?.key, input: { pages: 3 }, attempt: 1, progress: { page: 1 } })
    desk[0]?.report({ page: 2 })
    desk[0]?.settle({ ok: true, output: 'a poem' })
    await next.idle()
    expect(next.parties.get('p1').state.printed).toBe('a poem')
    expect(lost(next)).toEqual(nothingLost)
  })

  it('goes on from what it reported in each process before', async () => {
    const { program } = await crashed(translate('poem'))
    await program.start({ party: desks(translate('poem')), snapshots: { every: 1 } })
    await settle()
    expect(desk).toHaveLength(1)
    desk[0]?.report({ page: 2 })
    const [second] = desk.splice(0)
    await second?.partition.watermark.reached()
    await program.start({ party: desks(translate('poem')) })
    await settle()
    expect(desk).toHaveLength(1)
    expect(desk[0]?.progress).toEqual({ page: 2 })
  })

  it('does not keep in memory how other partitions stood', async () => {
    const { program } = await crashed(translate('poem'))
    await program.start({ party: desks(translate('poem')) })
    await settle()
    expect(desk).toHaveLength(1)
    expect(desk[0]?.requests).toBeUndefined()
  })

  it('is another attempt, if its kind wants that', async () => {
    const { program } = await crashed(translate('poem', 'retry'))
    const next = await program.start({ party: desks(translate('poem', 'retry')) })
    await settle()
    expect(desk).toHaveLength(1)
    expect(desk[0]).toMatchObject({ attempt: 2, progress: { page: 1 } })
    const frames = await program.frames('party/p1')
    expect(frames.at(-1)?.entries).toMatchObject([{ kind: 'retried', attempt: 2 }])
    desk[0]?.settle({ ok: false, error: new Error('no ink') })
    await next.idle()
    expect(next.parties.get('p1').state.printed).toBe('Error: no ink')
  })

  it('waits for a person, if its kind wants that', async () => {
    const { program, first } = await crashed(translate('poem', 'hold'))
    const next = await program.start({ party: desks(translate('poem', 'hold')) })
    await next.idle()
    expect(desk).toEqual([])
    const held = { key: first?.key, name: 'poem', address: 'party/p1/editor', attempt: 2 }
    expect(next.held.list()).toEqual([held])
    next.held.retry(held.key ?? '')
    await settle()
    expect(desk).toHaveLength(1)
    desk[0]?.settle({ ok: true, output: 'a poem' })
    await next.idle()
    expect(next.parties.get('p1').state.printed).toBe('a poem')
  })

  it('ends once, at whichever append its process ended', async () => {
    await atEveryAppend(async ending => {
      desk.length = 0
      const program = createProgram()
      const party = desks(translate('poem'))
      const isEnded = await program.until(ending, { party }, async runtime => {
        await runtime.parties.create({ id: 'p1' })
        await runtime.bus.publish(order({}), { party: 'p1' })
        await settle()
        expect(desk).toHaveLength(1)
        desk[0]?.report({ page: 1 })
        desk[0]?.settle({ ok: true, output: 'a poem' })
        await runtime.idle()
      })
      desk.length = 0
      const next = await program.start({ party })
      const [p1 = await next.parties.create({ id: 'p1' })] = next.parties.list()
      await p1.idle()
      for (const scope of desk) scope.settle({ ok: true, output: 'a poem' })
      await p1.idle()
      const entries = (await program.frames('party/p1')).flatMap(frame => frame.entries)
      const wanted = entries.filter(({ kind }) => kind === 'wanted')
      expect(entries.filter(({ kind }) => kind === 'outcome')).toHaveLength(wanted.length)
      expect(p1.state.printed).toBe(wanted.length > 0 ? 'a poem' : '')
      expect(lost(next)).toEqual(nothingLost)
      return isEnded
    })
  })

  it('hands over an outcome that its agent has not handled', async () => {
    const { program } = await crashed(translate('poem'))
    const isOutcome = ({ entries }: Frame) => entries.some(({ kind }) => kind === 'outcome')
    await program.until(atFrame(isOutcome, 'cut'), { party: desks(translate('poem')) }, async () => {
      await settle()
      expect(desk).toHaveLength(1)
      desk[0]?.settle({ ok: true, output: 'a poem' })
      await new Promise(() => {})
    })
    desk.length = 0
    const next = await program.start({ party: desks(translate('poem')) })
    await next.idle()
    expect(desk).toEqual([])
    expect(next.parties.get('p1').state.printed).toBe('a poem')
  })
})

describe('the register of kinds', () => {
  it('refuses a second kind of the same name', () => {
    expect(() => registerKind({ ...translation, name: 'effect' })).toThrow('two kinds of work named "effect"')
  })

  it('says which kind is not registered', () => {
    expect(() => kindOf({ kind: 'magic' })).toThrow('no kind of work "magic"')
  })
})
