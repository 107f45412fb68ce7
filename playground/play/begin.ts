/**
 * The program. Where packages are missing, its commands cannot even be loaded; the doctor can, and says which.
 */
import type { Check } from '../../src/cli/doctor/check.ts'
import { tell } from '../../src/cli/output.ts'

try {
  await import('./cli.ts')
} catch (error) {
  const [command] = process.argv.slice(2)
  if (command !== 'doctor' && !isMissing(error)) throw error
  const says = error instanceof Error ? error.message : `${error}`
  if (command !== 'doctor') tell(`This command cannot be loaded: ${says}`)
  const { consultDoctor } = await import('../../src/cli/doctor/consult.ts')
  const { checks, verdicts } = await import('./doctor/doctor.ts')
  const commands: Check = { name: 'commands', look: () => ({ how: 'failed', says: `They cannot be loaded: ${says}` }) }
  const { signal } = new AbortController()
  const json = process.argv.includes('--json')
  process.exitCode = await consultDoctor([commands, ...checks], { json, signal, verdicts })
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
}
