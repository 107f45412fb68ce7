import type { Agent } from '../agent/agent.ts'
import type { MachineEditedError } from '../agent/edited.ts'
import { systemRecovered } from '../events/runtime-events.ts'
import { dateOf, type Entry, type Frame } from '../journal/frame.ts'
import { type InHand, JournalCorruptError, type PartitionInfo } from '../journal/journal.ts'
import { type Recallable, type Recalled, recall } from '../journal/recall.ts'
import { Standing } from '../journal/standing.ts'
import type { Crew } from '../lifecycle/crew.ts'
import { type Address, isPartyId, partitionOf, partyOf, runtimePartition } from '../mail/address.ts'
import { type DeadLetter, frozenLetter } from '../mail/dead-letters.ts'
import { type Envelope, frozenEnvelope } from '../mail/envelope.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import type { Schedules } from '../readers/schedules.ts'
import type { Supervised } from '../supervision/definition.ts'
import { GaveUpError } from '../supervision/restart-intensity.ts'
import { recordedCause } from '../thrown.ts'
import { LeftAgents } from './left-agents.ts'

/** So many partitions are read back at the same time. */
const atOnce = 32

/** The newest frames that the history is made of. */
const mostFrames = 1_000

/** What comes back of one party. */
export interface Comeback {
  readonly partition: Partition
  readonly crew: Crew
  readonly tree: readonly Supervised[]
  readonly state: Recallable
  /** The definitions of the agents that it had in this process. */
  readonly former: readonly Agent[]
  /** Its agents are there. */
  restored(): void
  /** Everybody is there: goes on. */
  goOn(recalled: Recalled): void
  /** What is done on behalf of others ends with that. */
  link(): void
  /** It is what it was. */
  cameBack(): void
}

interface RecoveryHost {
  readonly system: System<Partition>
  readonly outside: Partition
  readonly crew: Crew
  /** Agents that are started outside the parties. */
  readonly tree: readonly Supervised[]
  /** Every definition that the program has, by name; several versions of one have the same name. */
  readonly definitions: readonly Agent[]
  readonly schedules: Schedules
  /** Whether machines that were edited go on where they still fit. */
  readonly development: boolean
  /** Partitions are about to come back. */
  recovering(): void
  /** All partitions are there. */
  recovered(): void
  /** A party that is about to come back. @throws NoPartyDefinitionError */
  comeback(partyId: string): Comeback
  /** What a party had said up to a position was for others: it was imported, and nobody went on with it before. */
  arrived(partition: Address, position: number): Promise<void>
  /** What is there does not come back, for this reason. */
  quarantine(partition: Address, error: unknown): void
  /** How many parties do not come back. */
  quarantined(): number
}

/**
 * Goes on where the last owner of a journal has ended: reads back how every partition was left, restores its agents from their
 * checkpoints, hands them what they had not handled, and reconciles what they had wanted done outside. Nobody gets a turn
 * before everybody is there.
 */
export class Recovery {
  readonly #host: RecoveryHost
  #inHand: InHand | undefined
  /** The last moment of the last owner of the journal, epoch milliseconds; 0 while one party alone comes back. */
  #lastMoment = 0
  /** Whether all that the journal held is back. */
  #isOver = false
  /** What agents outside the parties hear, since when, and how far they have heard of each party that is about to come back. */
  #hearing: Standing['hearing'] = new Map()
  #heard: ReadonlyMap<string, number> = new Map()
  readonly #links = new Map<Address, () => void>()
  readonly #letters: DeadLetter[] = []
  readonly #warned = new Set<string>()
  readonly #underWay = new Set<Promise<unknown>>()
  /** One after the other: each ends with everybody being there. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(host: RecoveryHost) {
    this.#host = host
  }

  /** All that the journal holds; resolves to whether agents outside the parties came back. */
  all(): Promise<boolean> {
    return this.#during(this.#inTurn(() => this.#all()))
  }

  /** Whether anybody is on the way back. */
  get isUnderWay(): boolean {
    return this.#underWay.size > 0
  }

  /** Resolves when all that agents outside the parties have heard so far, or missed in another process, is durable. */
  async heard(): Promise<void> {
    await Promise.allSettled(this.#underWay)
    await this.#host.outside.watermark.reached()
  }

  /** The runtime ends in order: in all partitions, what has so much time left counts from here. */
  leave(): void {
    const { system, outside } = this.#host
    for (const partition of system.partitions()) partition.frames.recordJump()
    const isEmpty = [...system.partitions()].every(({ watermark }) => watermark.head === 0)
    if (this.#isOver && !isEmpty) outside.append({ kind: 'supervision' }, [{ kind: 'left', seq: outside.nextSeq() }])
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(work)
    this.#last = done.catch(() => {})
    return done
  }

  #during<T>(work: Promise<T>): Promise<T> {
    const over = work.finally(() => this.#underWay.delete(over))
    this.#underWay.add(over)
    return over
  }

  async #all(): Promise<boolean> {
    const { system } = this.#host
    const startedAt = system.clock.elapsed()
    const infos = await system.journal.partitions()
    if (infos.length === 0) {
      this.#isOver = true
      return false
    }
    this.#lastMoment = await this.#newestTime()
    system.ids.after?.(newestEpoch(infos))
    this.#inHand = await system.journal.inHand?.()
    const release = system.ready.hold()
    this.#host.recovering()
    try {
      const goOn: (() => void)[] = []
      const isBack = await this.#outside(infos)
      const parties = infos.filter(({ partition }) => partition !== runtimePartition)
      await this.#parties(parties, goOn)
      await this.#remember()
      for (const go of goOn) go()
      if (isBack) this.#host.crew.goOn()
      this.#link()
      if (isBack) this.#host.crew.link()
      this.#settle()
      this.#host.recovered()
      this.#isOver = true
      const durationMs = system.clock.elapsed() - startedAt
      const quarantined = this.#host.quarantined()
      this.#host.outside.report(systemRecovered({ parties: parties.length - quarantined, quarantined, durationMs }))
      return isBack
    } finally {
      this.#lastMoment = 0
      release()
    }
  }

  /** Of all frames. One that the clock has yet to reach, or that cannot be read, says nothing. */
  async #newestTime(): Promise<number> {
    const { journal, clock } = this.#host.system
    try {
      const [newest] = await journal.newest(1)
      const date = newest ? dateOf(newest) : 0
      return date <= clock.now() ? date : 0
    } catch {
      return 0
    }
  }

  #link(): void {
    for (const [partition, link] of this.#links) this.#guard(partition, link)
    this.#links.clear()
  }

  /** What one party cannot do keeps no other from coming back. */
  #guard(partition: Address, call: () => void): void {
    try {
      call()
    } catch (error) {
      if (partition === runtimePartition) this.#host.outside.reportError('error', error)
      else this.#host.quarantine(partition, error)
    }
  }

  /** Everybody is there and goes on: what was known of how things stood is of no use any more. */
  #settle(): void {
    this.#host.system.deadLetters.comeBack(this.#letters.splice(0))
    for (const partition of this.#host.system.partitions()) {
      const { standing, address } = partition
      if (standing) this.#guard(address, () => this.#host.schedules.resume(partition, standing))
      partition.standing = undefined
      partition.requests = undefined
      partition.asking ??= new Set()
    }
  }

  /** The history of the last owner; without it everything else goes on. */
  async #remember(): Promise<void> {
    const { system, outside } = this.#host
    try {
      for (const envelope of eventsIn(await system.journal.newest(mostFrames)))
        system.bus.remember(frozenEnvelope(envelope))
    } catch (error) {
      outside.reportError('warning', error)
    }
  }

  /** Reads again how things stand, for agents that have waited to be spawned, and spawns them right then. */
  async caughtUp<T>(partition: Partition, crew: Crew, spawn: () => T): Promise<T> {
    // Nobody may have read the date since it jumped, and what waits for one is about to be counted by it.
    partition.frames.recordJump()
    const meanwhile: Frame[] = []
    const stopFollowing = partition.frames.follow(frame => meanwhile.push(frame))
    try {
      await partition.watermark.reached()
      const { standing } = await recall(this.#host.system.journal, { partition: partition.address, epoch: 0 })
      for (const frame of meanwhile) if (frame.position > standing.position) standing.take(frame)
      crew.catchUp(standing)
      return spawn()
    } finally {
      stopFollowing()
    }
  }

  /** One party that is not there, or whose memory was dropped. What keeps it away is told, and no error of the caller's. */
  again(partition: Address, options: { readonly isRetry: boolean }): Promise<void> {
    return this.#during(this.#again(partition, options))
  }

  async #again(partition: Address, { isRetry }: { readonly isRetry: boolean }): Promise<void> {
    await this.#reached(partition)
    await this.#inTurn(() => this.#bringBack(partition, isRetry))
    await this.#reached(partition)
  }

  /** Resolves when all of a partition is durable that ever will be. */
  async #reached(partition: Address): Promise<void> {
    await this.#host.system
      .partition(partition)
      ?.watermark.reached()
      .catch(() => {})
  }

  async #bringBack(partition: Address, isRetry: boolean): Promise<void> {
    const { system } = this.#host
    const release = system.ready.hold()
    try {
      const infos = await system.journal.partitions()
      const info = infos.find(one => one.partition === partition)
      if (!info) throw new JournalCorruptError(partition, 'nothing')
      this.#listen(await this.#requestsIn(this.#host.outside))
      const go = await this.#party(info, isRetry)
      for (const address of system.partition(partition)?.standing?.asked ?? []) {
        const asked = system.partition(address)
        if (asked && address !== partition) await this.#requestsIn(asked)
      }
      go?.()
      this.#link()
    } catch (error) {
      this.#host.quarantine(partition, error)
    } finally {
      this.#settle()
      release()
    }
  }

  /** What was asked of the agents of a partition is known, so that they are not asked it again. */
  async #requestsIn(partition: Partition): Promise<Standing> {
    const { address } = partition
    await this.#reached(address)
    const { standing } = await recall(this.#host.system.journal, { partition: address, epoch: 0 })
    partition.requests = standing
    return standing
  }

  async #outside(infos: readonly PartitionInfo[]): Promise<boolean> {
    const { system, outside, crew, tree } = this.#host
    const info = infos.find(({ partition }) => partition === runtimePartition)
    if (!info) {
      // So that each owner counts as one, whatever becomes of the parties.
      outside.frames.continue({ epoch: newestEpoch(infos) + 1, position: 0 }, new Standing(runtimePartition))
      outside.append({ kind: 'recovery' }, [{ kind: 'recovered', seq: outside.nextSeq() }])
      return false
    }
    const recalled = await recall(system.journal, info)
    this.#listen(recalled.standing)
    const { gaveUp } = recalled.standing
    this.#continue(outside, recalled)
    this.#restore({ partition: outside, crew, tree, former: [] }, recalled, { isWhole: false, isRetried: false })
    await this.#forgetDeleted(infos, recalled)
    if (gaveUp) {
      const { agent, restarts, within, error } = gaveUp
      outside.reportError('error', new GaveUpError(agent, restarts, within, error, recordedCause(gaveUp)), agent)
    }
    return true
  }

  /** The last process may have ended between the end of a party and the word of that. */
  async #forgetDeleted(infos: readonly PartitionInfo[], { standing }: Recalled): Promise<void> {
    const { outside } = this.#host
    const there = new Set(infos.map(({ partition }) => partition))
    const gone = standing.partiesKnown.filter(party => !there.has(partitionOf(party)))
    if (gone.length === 0) return
    const forgotten = gone.map(party => ({ kind: 'forgotten' as const, seq: outside.nextSeq(), party }))
    outside.append({ kind: 'supervision' }, forgotten)
    await outside.watermark.reached()
  }

  #listen({ hearing, heard }: Standing): void {
    this.#hearing = hearing
    this.#heard = heard
  }

  async #parties(infos: readonly PartitionInfo[], goOn: (() => void)[]): Promise<void> {
    let next = 0
    const work = async () => {
      for (let info = infos[next++]; info; info = infos[next++]) {
        const go = await this.#party(info, false)
        if (go) goOn.push(go)
      }
    }
    await Promise.all(Array.from({ length: atOnce }, work))
  }

  /**
   * One party; the returned function lets it go on. What keeps it from coming back is its own affair: the others do.
   *
   * @param isRetry whether somebody retries it after its supervisor gave up
   */
  async #party(info: PartitionInfo, isRetry: boolean): Promise<(() => void) | undefined> {
    const { partition } = info
    try {
      const { outside, system } = this.#host
      const comeback = this.#host.comeback(partyIn(info))
      const unheard: Envelope[] = []
      let arrival: number | undefined
      const recalled = await recall(system.journal, info, comeback.state, frame => {
        arrival = isArrival(frame) ? frame.position : undefined
        if (arrival !== undefined) unheard.length = 0
        for (const envelope of eventsIn([frame])) if (this.#isUnheard(envelope, dateOf(frame))) unheard.push(envelope)
      })
      if (arrival !== undefined) await this.#host.arrived(partition, arrival)
      const { standing } = recalled
      const isRetried = isRetry && standing.birth === 'failed'
      if (isRetried) standing.birth = 'started'
      this.#continue(comeback.partition, recalled)
      if (standing.birth !== 'failed') {
        this.#restore(comeback, recalled, { isWhole: true, isRetried })
        comeback.restored()
      }
      const goOn = () => {
        // Its supervisor may have given up, or its journal have failed, while others came back.
        if (!comeback.crew.stopped) {
          comeback.goOn(recalled)
          this.#links.set(partition, () => comeback.link())
          comeback.cameBack()
        }
        for (const envelope of unheard) outside.hear(envelope)
      }
      return () => this.#guard(partition, goOn)
    } catch (error) {
      this.#host.quarantine(partition, error)
      return undefined
    }
  }

  /** Whether the process ended before agents outside the parties heard of it, who were there. */
  #isUnheard({ seq, type, to, party = '' }: Envelope, date: number): boolean {
    const since = this.#hearing.get(type)
    return to === undefined && since !== undefined && date >= since && seq > (this.#heard.get(party) ?? 0)
  }

  /** What the journal holds of a partition is known: who reads there may, whether anybody goes on there or not. */
  #continue(partition: Partition, recalled: Recalled): void {
    const { clock, deadLetters, snapshots } = this.#host.system
    const { standing } = recalled
    // Those of this process that the journal does not hold are mail again.
    deadLetters.forgetOf(partition.address)
    this.#letters.push(...Array.from(standing.dead, frozenLetter))
    // It takes what is found out here from the frame that follows.
    snapshots.continue(partition, recalled)
    standing.date = Math.max(standing.date, this.#lastMoment)
    const setBack = Math.max(0, Math.ceil(standing.date - clock.now()))
    if (setBack > 0) standing.jump(-setBack)
    partition.frames.continue(recalled, standing, setBack)
  }

  #restore(
    { partition, crew, tree, former }: Pick<Comeback, 'partition' | 'crew' | 'tree' | 'former'>,
    recalled: Recalled,
    how: { readonly isWhole: boolean; readonly isRetried: boolean },
  ): void {
    const { definitions, development } = this.#host
    const edited = (warning: MachineEditedError) => this.#warn(warning)
    const left = new LeftAgents(recalled, [...new Set([...definitions, ...former])], { ...how, development, edited })
    partition.standing = recalled.standing
    // The first frame of a new owner: from here on, writers before it are refused.
    const entries = this.#suspects(partition, recalled)
    const retried: readonly Entry[] = how.isRetried
      ? [{ kind: 'party', seq: partition.nextSeq(), what: 'retried' }]
      : []
    partition.append({ kind: 'recovery' }, [...entries, ...retried])
    crew.restore(tree, left)
  }

  /** Once, however many parties have an agent of this definition. */
  #warn(warning: MachineEditedError): void {
    if (this.#warned.has(warning.message)) return
    this.#warned.add(warning.message)
    this.#host.outside.reportError('warning', warning)
  }

  /** What the last owner was handing over when it ended, if it was here. */
  #suspects(here: Partition, { standing }: Recalled): readonly Entry[] {
    const { address } = here
    const { partition, agent, seq: at } = this.#inHand ?? { partition: '', agent: '', seq: 0 }
    const recovered: Entry = { kind: 'recovered', seq: here.nextSeq(), since: standing.date }
    if (partition !== address || at === 0) return [recovered]
    // What is not in the journal was handed over ahead of it. Next time it shall be found there.
    if (standing.suspect(agent, at))
      return [recovered, { kind: 'suspected', seq: here.nextSeq(), agent: `${address}/${agent}`, at }]
    if (standing.position < at) here.turns.waitForDurable()
    return [recovered]
  }
}

/** @throws JournalCorruptError where a partition is none of a party */
function partyIn({ partition }: PartitionInfo): string {
  const id = partyOf(partition)
  if (id === undefined || !isPartyId(id)) throw new JournalCorruptError(partition, 'the name')
  return id
}

/** More owners than a partition ever has; as many again can be counted. */
const mostOwners = 2 ** 52

/** Of what was ever written here; what counts no owners is not as it was written. */
function newestEpoch(infos: readonly PartitionInfo[]): number {
  const isCount = (epoch: number) => Number.isInteger(epoch) && epoch <= mostOwners
  return infos.reduce((most, { epoch }) => (isCount(epoch) ? Math.max(most, epoch) : most), 0)
}

/** Whether somebody imported the party here: what it had said until then was for others. */
function isArrival({ cause, entries }: Frame): boolean {
  return cause.kind === 'recovery' && entries.some(entry => entry.kind === 'recovered' && entry.arrived)
}

/** The events that subscribers were told of. */
function eventsIn(frames: readonly Frame[]): readonly Envelope[] {
  return frames.flatMap(({ entries }) =>
    // What agents outside the parties heard of a party was told in that party.
    entries.flatMap(entry => (entry.kind === 'event' && entry.heard === undefined ? [entry.envelope] : [])),
  )
}
