import { truncateSync } from 'node:fs'
import { serveHarmed } from './serve-harmed.ts'

serveHarmed(truncateSync)
