import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** A fault that is planted to see whether a search finds it: a piece of a source file, and what stands there instead. */
export interface Fault {
  /** The path of the file, from the root of the project. */
  readonly file: string
  /** What the fault breaks, in one sentence. */
  readonly breaks: string
  readonly from: string
  readonly to: string
  /** Where a search of 2,000 seeds from 1 on has found it. It is only looked for in programs of this sort. */
  readonly found: { readonly workload: string; readonly seed: number }
}

/** Faults that were thought out, and faults that the runtime once had. */
const folders = ['faults', 'returned-faults'].map(folder => join(import.meta.dirname, folder))

/** The names of the planted faults. */
export function faultNames(): readonly string[] {
  return folders.flatMap(folder => readdirSync(folder)).map(file => file.replace(/\.ts$/, ''))
}

/** Loads a fault by its name. */
export async function loadedFault(name: string): Promise<Fault> {
  const file = folders.map(folder => join(folder, `${name}.ts`)).find(existsSync)
  if (file === undefined) throw new Error(`There is no fault ${name}.`)
  const { fault }: { readonly fault: Fault } = await import(pathToFileURL(file).href)
  return fault
}
