/**
 * The program. Where packages are missing, its commands cannot even be loaded; the doctor can, and says which.
 */
import { tell } from '../output.ts'

try {
  await import('./cli.ts')
} catch (error) {
  const [command] = process.argv.slice(2)
  if (command !== 'doctor' && !isMissing(error)) throw error
  const says = error instanceof Error ? error.message : `${error}`
  if (command !== 'doctor') tell(`This command cannot be loaded: ${says}`)
  const { consultDoctor } = await import('./doctor/consult.ts')
  process.exitCode = await consultDoctor({
    json: process.argv.includes('--json'),
    signal: new AbortController().signal,
    also: [{ name: 'commands', look: () => ({ how: 'failed', says: `They cannot be loaded: ${says}` }) }],
  })
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}
