import { serve } from '../../src/sqlite/serve.ts'

// The tenth transaction is written but for its end.
let begun = 0
serve({ beforeCommit: () => void (++begun === 10 && process.kill(process.pid, 'SIGKILL')) })
