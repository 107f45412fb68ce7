import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Frees what nobody holds on to; returns the bytes that are left. */
export async function collected(): Promise<number> {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  // What a promise or a turn held is free in the next one.
  for (let times = 0; times < 3; times++) {
    await new Promise(setImmediate)
    collect()
  }
  return process.memoryUsage().heapUsed
}

/** How many of some objects somebody still holds on to. */
export async function held(refs: readonly WeakRef<object>[]): Promise<number> {
  await collected()
  return refs.filter(ref => ref.deref()).length
}
