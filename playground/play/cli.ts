import { play } from './play.ts'

process.exitCode = await play(process.argv.slice(2))
