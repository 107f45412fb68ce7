import type { Bus } from '../bus/bus.ts'
import type { Clock } from '../clock.ts'
import type { EventOf } from '../events/event.ts'
import { systemMetrics, systemTick } from '../events/runtime-events.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { Partition } from '../partition/partition.ts'

/** How often the runtime publishes its ticks. */
export interface PulseOptions {
  /** Milliseconds between two `system.tick`, 100 by default. */
  readonly every?: number
  /** Ticks between two `system.metrics`, 60 by default. */
  readonly metricsEvery?: number
}

const pulseNames: OptionNames<PulseOptions> = { every: true, metricsEvery: true }

/** The data of `system.metrics`, without its tick. */
export type Summary = Omit<Parameters<typeof systemMetrics>[0], 'tick'>

interface PulseHost {
  readonly clock: Clock
  readonly bus: Bus
  /** Where the agents outside the parties live. */
  outside(): Partition
  summary(): Summary
}

/**
 * Publishes `system.tick` and `system.metrics`. It runs only while these events have a listener, and does not keep the process
 * alive.
 */
export class Pulse {
  readonly #host: PulseHost
  readonly #every: number
  readonly #metricsEvery: number
  readonly #hearing = new Map<Partition, number>()
  #ticks = 0
  #cancel: (() => void) | undefined
  #isOver = false

  constructor(host: PulseHost, options: PulseOptions = {}) {
    checkOptionNames('pulse', options, pulseNames)
    const { every = 100, metricsEvery = 60 } = options
    this.#host = host
    this.#every = every
    this.#metricsEvery = metricsEvery
  }

  /** The first agent of a partition began to hear a type, or the last one stopped. */
  heard(partition: Partition, type: string, isHeard: boolean): void {
    if (!isPulse(type)) return
    const types = (this.#hearing.get(partition) ?? 0) + (isHeard ? 1 : -1)
    if (types > 0) this.#hearing.set(partition, types)
    else this.#hearing.delete(partition)
    this.check()
  }

  /** Starts or stops the ticks: they are published only while they have a listener. */
  check(): void {
    const { bus } = this.#host
    const isWanted =
      !this.#isOver && (this.#hearing.size > 0 || bus.isHeard(systemTick.type) || bus.isHeard(systemMetrics.type))
    if (isWanted === (this.#cancel !== undefined)) return
    if (isWanted) this.#schedule()
    else this.#stop()
  }

  end(): void {
    this.#isOver = true
    this.#stop()
  }

  #stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #schedule(): void {
    this.#cancel = this.#host.clock.after(this.#every, () => this.#beat(), { background: true })
  }

  #beat(): void {
    const tick = ++this.#ticks
    this.#schedule()
    this.#say(systemTick({ tick }))
    if (tick % this.#metricsEvery === 0) this.#say(systemMetrics({ tick, ...this.#host.summary() }))
  }

  #say(event: EventOf): void {
    const outside = this.#host.outside()
    outside.reportIfHeard(event.type, () => event)
    for (const partition of this.#hearing.keys())
      if (partition !== outside) partition.delivery.deliver(partition.seal(event))
  }
}

/** Whether a type is published all the time: then only subscribers that name it receive it, and patterns do not match it. */
export function isPulse(type: string): boolean {
  return type === systemTick.type || type === systemMetrics.type
}
