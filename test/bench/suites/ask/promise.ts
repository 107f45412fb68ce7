import { type AskDouble, askRounds, timeLimit } from './rounds.ts'

interface Request {
  readonly id: number
  readonly n: number
}

interface Waiting {
  resolve(doubled: number): void
  reject(error: Error): void
  readonly until: number
}

const late = () => new Error('no answer in time')

/** One timer that looks at the oldest: all have the same limit, so a map keeps them in the order of their deadlines. */
function withOneTimer(): AskDouble {
  const waiting = new Map<number, Waiting>()
  const reply = (id: number, doubled: number) => {
    waiting.get(id)?.resolve(doubled)
    waiting.delete(id)
  }
  const handler = ({ id, n }: Request) => reply(id, n * 2)
  let now = performance.now()
  setInterval(() => {
    now = performance.now()
    for (const [id, { until, reject }] of waiting) {
      if (until > now) return
      waiting.delete(id)
      reject(late())
    }
  }, 20).unref()
  let asked = 0
  return n =>
    new Promise((resolve, reject) => {
      const id = ++asked
      waiting.set(id, { resolve, reject, until: now + timeLimit })
      handler({ id, n })
    })
}

function withTimerEach(): AskDouble {
  const waiting = new Map<number, { resolve(doubled: number): void; readonly timer: NodeJS.Timeout }>()
  const reply = (id: number, doubled: number) => {
    const one = waiting.get(id)
    if (!one) return
    clearTimeout(one.timer)
    waiting.delete(id)
    one.resolve(doubled)
  }
  const handler = ({ id, n }: Request) => reply(id, n * 2)
  let asked = 0
  return n =>
    new Promise((resolve, reject) => {
      const id = ++asked
      const timer = setTimeout(() => {
        waiting.delete(id)
        reject(late())
      }, timeLimit)
      waiting.set(id, { resolve, timer })
      handler({ id, n })
    })
}

export const oneTimer = askRounds(withOneTimer)
export const timerEach = askRounds(withTimerEach)
