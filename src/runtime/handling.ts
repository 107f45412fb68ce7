import type * as z from 'zod'
import { checkDeclared } from '../events/missing.ts'
import type { RequestDefinition } from '../events/request.ts'
import { AskStoppedError } from '../invoke/ask-errors.ts'
import { anyHandler, Handler, type HandlerFunction, type HandlerOptions, type HandlerRef } from '../invoke/handler.ts'
import { AddressTakenError, addressOf, checkId, runtimePartition } from '../mail/address.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { Partition } from '../partition/partition.ts'
import type { System } from '../partition/system.ts'
import type { Handlers } from '../work/handlers.ts'
import type { RuntimeStatus } from './status.ts'

const handlerOptions: OptionNames<HandlerOptions> = { name: true, limit: true }

interface HandlingParts {
  readonly status: RuntimeStatus
  readonly system: System<Partition>
  readonly handlers: Handlers
  /** The partition outside the parties: handlers have addresses there. */
  readonly outside: { readonly partition: Partition }
}

/** Starts and stops the functions that answer requests outside all parties. */
export class Handling {
  readonly #parts: HandlingParts

  constructor(parts: HandlingParts) {
    this.#parts = parts
  }

  /** @throws AddressTakenError, IllegalIdError, DuplicateEventError, RuntimeStateError */
  start<T extends string, I extends z.ZodType, O extends z.ZodType>(
    request: RequestDefinition<T, I, O>,
    answer: HandlerFunction<z.output<I>, z.input<O>>,
    options: HandlerOptions,
  ): HandlerRef {
    checkDeclared('runtime.handle', 'a request', request)
    checkOptionNames('runtime.handle', options, handlerOptions)
    const { status, system, handlers, outside } = this.#parts
    const { name = request.type.replaceAll(/[._]/g, '-'), limit = 1_000 } = options
    // Handlers may start before the runtime does: agents that are restored may wait for an answer.
    if (status.state !== 'created') status.checkRunning()
    const address = addressOf(runtimePartition, checkId('handler', name))
    const { registry } = outside.partition
    const taken = registry.named(name)
    const isTaken = registry.pool(name) ?? handlers.at(address) ?? (taken && taken.status !== 'stopped')
    if (isTaken) throw new AddressTakenError(address)
    system.catalog = system.catalog.with([request])
    const handler = new Handler(address, request, anyHandler(answer), limit)
    handlers.add(handler)
    for (const retry of [...system.awaitingCallee]) retry()
    return { address, stop: () => this.#stop(handler) }
  }

  stopAll(): void {
    for (const handler of this.#parts.handlers) this.#stop(handler)
  }

  #stop(handler: Handler): void {
    const { handlers, system } = this.#parts
    const { address, request } = handler
    if (handlers.at(address) !== handler) return
    handlers.remove(handler)
    for (const { asks } of system.partitions())
      asks.failAllTo(address, () => new AskStoppedError(request.type, address))
  }
}
