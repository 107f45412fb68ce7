import { type AnyMachineSnapshot, type AnyStateMachine, type Snapshot, StateMachine, type StateValue } from 'xstate'
import * as z from 'zod'
import { TroupeError } from '../errors.ts'
import { lazily } from '../lazily.ts'

/** A machine as XState saves it. */
export type SavedMachine = Snapshot<unknown> & {
  readonly value: StateValue
  readonly context: object
  readonly children: Readonly<Record<string, SavedChild>>
  readonly historyValue?: Readonly<Record<string, readonly SavedPast[]>>
}

/** An actor that a machine invoked or spawned. */
export interface SavedChild {
  readonly src: string
  readonly snapshot: unknown
}

/** A state that a history state remembers. */
export interface SavedPast {
  readonly id: string
}

type StateNode = AnyStateMachine['root']

const savedMachine = lazily(() => {
  const stateValue: z.ZodType<StateValue> = z.union([
    z.string(),
    z.record(
      z.string(),
      z.lazy(() => stateValue),
    ),
  ])
  return z.object({
    status: z.enum(['active', 'done', 'error', 'stopped']),
    value: stateValue,
    context: z.looseObject({}),
    children: z.record(z.string(), z.object({ src: z.string(), snapshot: z.looseObject({}) })),
    historyValue: z.record(z.string(), z.array(z.object({ id: z.string() }))).optional(),
  })
})

/** @throws SnapshotShapeError unless this is any machine as XState saves it */
export function checkShape(agent: string, saved: unknown): asserts saved is SavedMachine {
  const { error } = savedMachine().safeParse(saved)
  if (error) throw new SnapshotShapeError(agent, issuesOf(error))
}

function isSavedMachine(saved: unknown): saved is SavedMachine {
  return savedMachine().safeParse(saved).success
}

/** The issues of a schema, in one line. */
export function issuesOf({ issues }: z.ZodError): string {
  return issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message)).join('; ')
}

/** Why a machine cannot go on from a saved snapshot; `undefined` if it can. XState would go on, with states missing. */
export function misfitOf(machine: AnyStateMachine, saved: SavedMachine): string | undefined {
  const { value, status, children, historyValue = {} } = saved
  const place = JSON.stringify(value)
  if (!isPlace(machine.root, value)) return `${place} is no state of the machine`
  if ((status === 'done' && !isEnd(machine, value)) || (status === 'active' && isEnd(machine, value)))
    return `it is "${status}" in the state ${place}`
  for (const [id, child] of Object.entries(children)) {
    const misfit = misfitOfChild(machine, child)
    if (misfit !== undefined) return `its child "${id}" does not fit: ${misfit}`
  }
  for (const [id, past] of Object.entries(historyValue))
    if (!past.every(state => isPast(machine, id, state))) return `"${id}" remembers what is no state there`
  return undefined
}

function misfitOfChild(machine: AnyStateMachine, { src, snapshot }: SavedChild) {
  const logic = logicBy(machine, src)
  if (logic === undefined) return `the machine has no actor "${src}"`
  if (!(logic instanceof StateMachine)) return undefined
  return isSavedMachine(snapshot) ? misfitOf(logic, snapshot) : 'it was saved as no machine'
}

/** The logic of an actor: by its name, or by the place of its invoke. */
function logicBy(machine: AnyStateMachine, src: string): unknown {
  const [, place = '', node = ''] = /^xstate\.invoke\.(\d+)\.(.*)$/.exec(src) ?? []
  const { actors } = machine.implementations
  if (place === '') return Object.hasOwn(actors, src) ? actors[src] : undefined
  const invoked = nodeBy(machine, node)?.config.invoke
  return (Array.isArray(invoked) ? invoked[Number(place)] : invoked)?.src
}

/** The state nodes that are active for a state value. */
export function machineAt(machine: AnyStateMachine, value: StateValue): AnyMachineSnapshot {
  return machine.resolveState({ value, context: {} })
}

/** Whether a machine is done in these states. */
export function isEnd(machine: AnyStateMachine, value: StateValue): boolean {
  return machineAt(machine, value).status === 'done'
}

/** Whether a value names one state of every region, at every depth. */
export function isPlace({ type, states }: StateNode, value: StateValue = {}): boolean {
  const named = Object.entries(typeof value === 'string' ? { [value]: undefined } : value)
  const regions = Object.values(states).filter(({ type }) => type !== 'history')
  if (named.length !== (type === 'parallel' ? regions.length : Math.min(regions.length, 1))) return false
  return named.every(([key, inner]) => regions.some(region => region.key === key && isPlace(region, inner)))
}

/** Whether a history state can remember a state. */
export function isPast(machine: AnyStateMachine, history: string, { id }: SavedPast): boolean {
  const around = nodeBy(machine, history)?.parent
  let node = nodeBy(machine, id)?.parent
  while (node && node !== around) node = node.parent
  return around !== undefined && node === around
}

function nodeBy(machine: AnyStateMachine, id: string): StateNode | undefined {
  try {
    return machine.getStateNodeById(id)
  } catch {
    return undefined
  }
}

/** The saved snapshot of an agent is not a machine, or names states that its machine does not have. */
export class SnapshotShapeError extends TroupeError {
  readonly code = 'SNAPSHOT_SHAPE'
  readonly agent: string
  /** What is wrong with the snapshot. */
  readonly misfit: string
  constructor(agent: string, misfit: string) {
    super(
      `What was saved of agent "${agent}" is not as its machine was: ${misfit}. Restore the journal from a backup, or delete that party.`,
    )
    this.agent = agent
    this.misfit = misfit
  }
}
