import { type Actor, type ActorLogic, type AnyActorRef, createActor, type Snapshot } from 'xstate'
import { counting } from '../../agents.ts'
import { type Population, populationRounds } from '../../population.ts'
import { checkCount } from '../../rate.ts'

const { machine } = counting(false)

type Counter = Actor<typeof machine>

const tickOf = (n: number) => ({ type: 'bench.tick', data: { n } }) as const

function checkLast(counters: ReadonlyMap<string, Counter>, agents: number): void {
  checkCount('agents', [...counters.values()].filter(one => one.getSnapshot().status === 'active').length, agents)
  const last = counters.get(`counter-${agents - 1}`)
  last?.send(tickOf(1))
  checkCount('events', last?.getSnapshot().context.count, 1)
}

function checkAllStopped(counters: ReadonlyMap<string, Counter>, agents: number): void {
  checkCount('stopped', [...counters.values()].filter(one => one.getSnapshot().status === 'stopped').length, agents)
}

/** Every machine a system of its own. */
class Roots implements Population {
  readonly #counters = new Map<string, Counter>()

  start(place: number): void {
    const id = `counter-${place}`
    this.#counters.set(id, createActor(machine, { id }).start())
  }

  check(agents: number): void {
    checkLast(this.#counters, agents)
  }

  stop(): void {
    for (const one of this.#counters.values()) one.stop()
  }

  checkStopped(agents: number): void {
    checkAllStopped(this.#counters, agents)
  }
}

/** What a supervisor of a map takes. */
interface Start {
  readonly type: 'start'
  readonly id: string
}

/** The least that can supervise: logic of its own, with a map where a machine would copy its children at every spawn. */
function supervisor(children: Map<string, Counter>): ActorLogic<Snapshot<undefined>, Start | { type: 'xstate.stop' }> {
  const active: Snapshot<undefined> = { status: 'active', output: undefined, error: undefined }
  return {
    getInitialSnapshot: () => active,
    getPersistedSnapshot: snapshot => snapshot,
    transition(snapshot, event, scope) {
      if (event.type === 'start') {
        const { id } = event
        const child = createActor(machine, { id, parent: scope.self as AnyActorRef })
        children.set(id, child)
        scope.defer(() => child.start())
        return snapshot
      }
      for (const child of children.values()) scope.stopChild(child)
      return { status: 'stopped', output: undefined, error: undefined }
    },
  }
}

/** All machines under one supervisor, in its system: what Troupe does too, without all that Troupe adds. */
class Children implements Population {
  readonly #counters = new Map<string, Counter>()
  readonly #supervisor = createActor(supervisor(this.#counters)).start()

  start(place: number): void {
    this.#supervisor.send({ type: 'start', id: `counter-${place}` })
  }

  check(agents: number): void {
    checkLast(this.#counters, agents)
  }

  stop(): void {
    this.#supervisor.stop()
  }

  checkStopped(agents: number): void {
    checkAllStopped(this.#counters, agents)
  }
}

export const roots = populationRounds(() => new Roots())
export const children = populationRounds(() => new Children())
