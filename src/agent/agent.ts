import type { AnyStateMachine, EmittedFrom, EventFromLogic, EventObject, InputFrom } from 'xstate'
import { TroupeError, textOf } from '../errors.ts'
import type { Definition } from '../events/catalog.ts'
import { checkAllDeclared, checkDeclared } from '../events/missing.ts'
import { type Address, checkId } from '../mail/address.ts'
import { type MailboxOptions, type MailboxRules, mailboxRules } from '../mail/mailbox-options.ts'
import { checkChoice, checkOptionNames, type OptionNames } from '../options.ts'
import { takenOver } from '../values/copy.ts'
import type { Heard, HearsAndSays, Said } from './hears-and-says.ts'
import { versionOf } from './identity.ts'
import { checkMigrations, type Leads, type Migrations } from './migration.ts'
import { prepare } from './prepared-machine.ts'

/**
 * When a supervisor starts an agent again: `transient` only after a failure, `permanent` also when its machine has reached a
 * final state at its top, `temporary` never. The words and rules are those of Erlang/OTP's supervisor.
 */
export type RestartType = 'permanent' | 'transient' | 'temporary'
export const restartTypes: readonly RestartType[] = ['permanent', 'transient', 'temporary']

/**
 * How an agent is started again. In place: it goes on with the mail that waits, and begins with its initial context (`reset`) or
 * with the one that it had (`keep`), but without actors in it, because these have ended. As new (`anew`): the mail that waits
 * becomes dead letters too. After its supervisor gave up, it begins with its initial context.
 */
export type OnRestart = 'reset' | 'keep' | 'anew'

/**
 * When the timers of an agent fire after its process ended and another process restored it: at the time that they were set for,
 * or at once if that has passed (`absolute`); after the time that was left (`remaining`); or after their whole delay again
 * (`restart`). The time that was left counts from an orderly stop of the runtime, or, after a crash, from the newest frame in the
 * whole journal.
 */
export type TimersAfterRestart = 'absolute' | 'remaining' | 'restart'

/** A function that is called at the start or the end of an incarnation, for example to open or close a connection. */
export type Hook = (scope: HookScope) => Promise<void> | void

/** What a hook gets from the runtime. */
export interface HookScope {
  readonly address: Address
  /** Aborted after 30 seconds, or when the agent has ended. */
  readonly signal: AbortSignal
  /** The runtime's clock, epoch milliseconds. */
  now(): number
}

/** A definition of an agent: an inert value that can be listed, printed and spawned any number of times. */
// The machine's own type is left out: it is huge, and names types of the user's that a declaration file could not.
export interface Agent<
  N extends string = string,
  I = unknown,
  H extends readonly Definition[] = readonly Definition[],
  S extends readonly Definition[] = readonly Definition[],
> {
  readonly name: N
  readonly machine: AnyStateMachine
  /** The input of its machine, unless `spawn` gives another input. */
  readonly input: I | undefined
  readonly hears: H
  readonly says: S
  readonly restart: RestartType
  readonly onRestart: OnRestart
  readonly onCrash: 'drop' | 'redeliver'
  readonly onInit: Hook | undefined
  readonly onDestroy: Hook | undefined
  readonly mailbox: MailboxRules
  readonly timers: TimersAfterRestart
  readonly migrations: Migrations
}

/** What `defineAgent` takes: `hears` and `says`, or `types`, which has both. */
export type AgentOptions<
  N extends string,
  M extends AnyStateMachine,
  H extends readonly Definition[],
  S extends readonly Definition[],
  G extends Migrations = Migrations,
> = AgentRules<N, M, G> & (HearsAndSays<H, S> | { readonly types: HearsAndSays<H, S> })

/** The options of `defineAgent`, besides the events that the agent hears and says. */
export interface AgentRules<N extends string, M extends AnyStateMachine, G extends Migrations> {
  /** Letters a-z, digits and "-", 200 at most; the last part of its address. */
  readonly name: N
  /** Raise its `version` with every change of its structure, so that a snapshot of an older machine is not taken for its own. */
  readonly machine: M
  /** The input of its machine, for each incarnation, if the machine takes one; `spawn` may give another one. */
  readonly input?: NoInfer<InputFrom<M>>
  /**
   * When its supervisor starts the agent again: after a failure (`transient`, the default), also after its final state
   * (`permanent`), or never (`temporary`).
   */
  readonly restart?: RestartType
  /** What a restarted agent begins with: `reset` by default. */
  readonly onRestart?: OnRestart
  /**
   * What happens to an event on which the agent crashed: it becomes a dead letter (`drop`, the default), or is handed over again
   * after the restart, at most 3 times, before it becomes a dead letter (`redeliver`).
   */
  readonly onCrash?: 'drop' | 'redeliver'
  /**
   * Called in each incarnation once its start is durable, before the agent handles anything and before its effects begin. If it fails,
   * or takes longer than 30 seconds, the start has failed. It is called again after a crash of the process: what it does is not recorded.
   */
  readonly onInit?: Hook
  /** Called after each incarnation, before the next incarnation starts. `stop` waits for it, 30 seconds at most. */
  readonly onDestroy?: Hook
  /** When its timers fire in the next process; `absolute` by default. */
  readonly timers?: TimersAfterRestart
  /** How many events may wait for the agent, and what happens to more events; 1,000 and back-pressure by default. */
  readonly mailbox?: MailboxOptions
  /** Migrate an agent that an older program saved to this machine. The keys are the versions that the migrations start from. */
  readonly migrations?: G
}

const agentNames: OptionNames<
  AgentRules<string, AnyStateMachine, Migrations> & HearsAndSays<[], []> & { types: unknown }
> = {
  name: true,
  machine: true,
  input: true,
  hears: true,
  says: true,
  types: true,
  restart: true,
  onRestart: true,
  onCrash: true,
  onInit: true,
  onDestroy: true,
  timers: true,
  mailbox: true,
  migrations: true,
}

type Fits<M extends AnyStateMachine, H extends readonly Definition[], S extends readonly Definition[]> = [
  EmittedFrom<M>,
] extends [Said<S>]
  ? [Heard<H>] extends [EventFromLogic<M>]
    ? unknown
    : Definition extends H[number]
      ? { readonly machine: 'Say what the agent hears and says: give `hears` and `says`, or `types` of agentTypes.' }
      : { readonly machine: 'The machine does not take every event that `hears` lists.' }
  : EventObject extends EmittedFrom<M>
    ? { readonly machine: 'The machine has no types: setup({ types: agentTypes({ context, hears, says }) }).' }
    : { readonly machine: 'The machine emits an event that `says` does not list.' }

/**
 * Declares an agent: a state machine, what it hears and what it says.
 *
 * @example
 * export const venue = defineAgent({ name: 'venue', machine, hears: [shouldExecute], says: [completed, failed] })
 * export const cake = defineAgent({ name: 'cake', machine, types }) // what agentTypes gave, with both lists
 *
 * @throws UnknownOptionError, OptionValueError, MissingDefinitionError; IllegalIdError if the name could not be part of an address; SystemIdError if the machine uses system ids;
 * MailboxOptionsError; MigrationPathError if a migration does not lead to the version of the machine; ValueError if a journal
 * could not give back the input
 */
export function defineAgent<
  const N extends string,
  M extends AnyStateMachine,
  const H extends readonly Definition[],
  const S extends readonly Definition[],
  G extends Migrations,
>(options: AgentOptions<N, M, H, S, G> & Fits<M, H, S> & Leads<M, G>): Agent<N, InputFrom<M>, H, S> {
  const { name, machine, mailbox }: AgentOptions<N, M, H, S> = options
  const { hears, says } = 'types' in options ? options.types : options
  const migrations: Migrations = { ...options.migrations }
  const {
    restart = 'transient',
    onRestart = 'reset',
    onCrash = 'drop',
    onInit,
    onDestroy,
    timers = 'absolute',
  } = options
  checkId('agent', name)
  checkOptionNames('defineAgent', options, agentNames)
  checkChoice(`agent "${name}"`, 'restart', restart, restartTypes)
  checkChoice(`agent "${name}"`, 'onRestart', onRestart, ['reset', 'keep', 'anew'])
  checkChoice(`agent "${name}"`, 'onCrash', onCrash, ['drop', 'redeliver'])
  checkChoice(`agent "${name}"`, 'timers', timers, ['absolute', 'remaining', 'restart'])
  checkAllDeclared(`hears of agent "${name}"`, hears)
  checkAllDeclared(`says of agent "${name}"`, says)
  checkDeclared(`agent "${name}"`, 'a machine', machine, 'id')
  const input = takenOver(`the input of "${name}"`, options.input)
  checkMigrations(name, versionOf(machine), migrations)
  prepare(name, machine)
  return {
    name,
    machine,
    input,
    hears,
    says,
    restart,
    onRestart,
    onCrash,
    onInit,
    onDestroy,
    mailbox: mailboxRules(mailbox),
    timers,
    migrations,
  }
}

/** An agent failed before it handled anything. */
export class AgentStartError extends TroupeError {
  readonly code = 'AGENT_START'
  readonly address: Address
  constructor(address: Address, cause: unknown) {
    super(
      `"${address}" failed while it started: ${textOf(cause).replace(/\.$/, '')}. Fix its initial state. Nothing of it is left behind.`,
      {
        cause,
      },
    )
    this.address = address
  }
}
