import { unlinkSync } from 'node:fs'
import { serveHarmed } from './serve-harmed.ts'

serveHarmed(unlinkSync)
