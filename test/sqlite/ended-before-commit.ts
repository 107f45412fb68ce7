import { serve } from '../../src/sqlite/serve.ts'

// The second transaction is written but for its end; in a worker this ends the thread alone.
let begun = 0
serve({ beforeCommit: () => void (++begun === 2 && process.exit()) })
