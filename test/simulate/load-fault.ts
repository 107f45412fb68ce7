/** Changes one file of the runtime as it is loaded: the planted fault that TROUPE_FAULT names. */
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadedFault } from './fault.ts'

const name = process.env['TROUPE_FAULT'] ?? ''
const fault = await loadedFault(name)
const changed = pathToFileURL(join(import.meta.dirname, '../..', fault.file)).href

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context)
    if (url !== changed || loaded.source === undefined) return loaded
    const source = typeof loaded.source === 'string' ? loaded.source : new TextDecoder().decode(loaded.source)
    const { length } = source.split(fault.from)
    if (length !== 2) throw new Error(`${fault.file} has the text of the fault ${name} ${length - 1} times, not once`)
    return { ...loaded, source: source.replace(fault.from, () => fault.to) }
  },
})
