import { TroupeError } from '../errors.ts'
import { checkOptionNames, type OptionNames } from '../options.ts'
import type { Limits } from '../partition/system.ts'
import { isObject } from '../values/value.ts'
import type { RuntimeOptions } from './runtime-options.ts'

const runtimeOptions: OptionNames<RuntimeOptions> = {
  party: true,
  kinds: true,
  agents: true,
  strict: true,
  development: true,
  registered: true,
  events: true,
  journal: true,
  transport: true,
  ownership: true,
  clock: true,
  scheduler: true,
  random: true,
  log: true,
  around: true,
  effects: true,
  ids: true,
  intensity: true,
  snapshots: true,
  deadLetters: true,
  persist: true,
  transforms: true,
  rateLimit: true,
  limits: true,
  pulse: true,
  queue: true,
  aging: true,
  cleanup: true,
}

const limitOptions: OptionNames<Limits> = { agents: true, partyAgents: true }

type Check = (given: unknown) => boolean

/** What each option may be, and the words for that in an error. */
const wanted: Readonly<Record<string, readonly [is: Check, what: string]>> = {
  party: [has('object', 'inputs', 'tree'), 'what defineParty returns'],
  kinds: [
    given => Array.isArray(given) && given.every(has('object', 'tree', 'initial')),
    'a list of what definePartitionKind returns',
  ],
  agents: [Array.isArray, 'a list of what defineAgent, defineSupervisor and definePool return'],
  registered: [Array.isArray, 'a list of what defineAgent returns'],
  events: [Array.isArray, 'a list of what defineEvent and defineRequest return'],
  transforms: [Array.isArray, 'a list of what defineTransform returns'],
  journal: [
    has('function', 'append', 'read', 'close'),
    'a journal, such as memoryJournal() or sqliteJournal({ directory })',
  ],
  transport: [has('function', 'open', 'send', 'close'), 'a transport, such as localTransport()'],
  ownership: [
    has('function', 'choose', 'claim', 'ownerOf', 'close'),
    'an ownership with choose, claim, ownerOf and close',
  ],
  clock: [has('function', 'now', 'after'), 'a clock with now and after'],
  scheduler: [has('function', 'microtask', 'turn'), 'a scheduler with microtask and turn'],
  random: [given => typeof given === 'function', 'a function that gives numbers from 0 up to 1'],
  effects: [given => typeof given === 'function', 'a function that gives a function for the name of an effect'],
  ids: [has('function', 'next'), 'an object whose next() gives ids'],
  log: [
    given => given === 'silent' || has('function', 'info', 'warn', 'error')(given),
    "'silent', or a logger with info, warn and error",
  ],
  around: [
    given => (Array.isArray(given) ? given : [given]).every(has('function', 'begin')),
    'an object with a function begin, or a list of such objects',
  ],
  intensity: [
    given => has('number', 'max', 'within')(given) && isNumbers(given),
    '{ max, within }, a number of restarts and milliseconds',
  ],
  snapshots: [isNumbers, '{ every, keep }, numbers of frames'],
  deadLetters: [isNumbers, '{ most, retention }, a number of letters and milliseconds'],
  limits: [isNumbers, '{ agents, partyAgents }, numbers of agents'],
  pulse: [isNumbers, '{ every, metricsEvery }, milliseconds and a number of ticks'],
  persist: [given => typeof given === 'function', 'a rule, such as persistBy(...) returns'],
  rateLimit: [given => typeof given === 'boolean' || isObject(given), 'true, false or an object of limits'],
  strict: [isBoolean, 'true or false'],
  development: [isBoolean, 'true or false'],
}

/** Checks that the options of a runtime exist and are of the right kinds. @throws RuntimeOptionsError, UnknownOptionError */
export function checkRuntimeOptions(options: Pick<RuntimeOptions, 'limits'>): void {
  if (!isObject(options)) throw new RuntimeOptionsError('options', kindOf(options), 'an object, or nothing')
  for (const [option, [is, what]] of Object.entries(wanted)) {
    const given: unknown = Reflect.get(options, option)
    if (given !== undefined && !is(given)) throw new RuntimeOptionsError(option, kindOf(given), what)
  }
  checkOptionNames('createRuntime', options, runtimeOptions)
  checkOptionNames('limits', options.limits ?? {}, limitOptions)
}

function isBoolean(given: unknown): boolean {
  return typeof given === 'boolean'
}

/** Whether something has fields of a type. */
function has(type: 'object' | 'string' | 'function' | 'number', ...fields: readonly string[]): Check {
  return given => {
    if (!isObject(given) && typeof given !== 'function') return false
    return fields.every(field => {
      const value: unknown = Reflect.get(given, field)
      return typeof value === type && value !== null && !Number.isNaN(value)
    })
  }
}

function isNumbers(given: unknown): boolean {
  return (
    isObject(given) && Object.values(given).every(one => one === undefined || (typeof one === 'number' && one >= 0))
  )
}

/** Describes a value without its contents, which may be a secret. */
function kindOf(given: unknown): string {
  if (given === null || given === undefined) return `${given}`
  if (Array.isArray(given)) return 'a list'
  return typeof given === 'object' ? 'an object of another shape' : `a ${typeof given}`
}

/** A runtime cannot be made from these options. */
export class RuntimeOptionsError extends TroupeError {
  readonly code = 'RUNTIME_OPTIONS'
  /** The name of the option; `options` if the whole argument is wrong. */
  readonly option: string
  constructor(option: string, given: string, what: string) {
    super(`createRuntime cannot take ${given} as "${option}". Give it ${what}, or leave it out.`)
    this.option = option
  }
}
