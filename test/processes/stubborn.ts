/** A program whose orderly stop, after an interrupt, never ends. */
import { interruptible } from '../../src/cli/interruption.ts'

const { signal } = interruptible()
signal.addEventListener('abort', () => process.stdout.write('It stops in order.\n'))
setInterval(() => {}, 1_000)
process.stdout.write('It works.\n')
