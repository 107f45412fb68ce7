import type { Found } from '../../../src/cli/doctor/check.ts'
import { hasColours } from '../../../src/cli/output.ts'

/** Whether what people read goes to a terminal, and has colours. */
export function terminal(stream: NodeJS.WritableStream & { readonly isTTY?: boolean }): Found {
  if (!stream.isTTY)
    return { how: 'remark', says: 'stderr is no terminal: it has no colours, and nobody is asked what to play.' }
  return { how: 'ok', says: `stderr is a terminal, ${hasColours(stream) ? 'with' : 'without'} colours.` }
}
