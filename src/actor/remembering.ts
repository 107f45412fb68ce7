import { type AnyStateMachine, createMachine, type MachineContext } from 'xstate'
import { mutableCopyOf } from '../values/copy.ts'
import { isActorRef } from './kept.ts'

/**
 * A machine that begins with the context of an earlier incarnation. The actors of that incarnation have ended: a field in which the
 * initial context has actors begins with these, and in any other field `undefined` takes the place of each actor.
 */
export function remembering({ config, implementations }: AnyStateMachine, kept: MachineContext): AnyStateMachine {
  const { copy, hadActors } = withoutActors(kept)
  if (!hadActors) return createMachine({ ...config, context: kept }, implementations)
  const { context: initial } = config
  const context = (begin: unknown): MachineContext => ({
    ...copy,
    ...fieldsWithActors(typeof initial === 'function' ? initial(begin) : {}),
  })
  return createMachine({ ...config, context }, implementations)
}

function fieldsWithActors(context: MachineContext): MachineContext {
  return Object.fromEntries(Object.entries(context).filter(([, value]) => withoutActors(value).hadActors))
}

function withoutActors<T>(value: T): { readonly copy: T; readonly hadActors: boolean } {
  let hadActors = false
  const copy = mutableCopyOf(value, object => {
    const isActor = isActorRef(object)
    hadActors ||= isActor
    return isActor ? undefined : object
  })
  return { copy, hadActors }
}
