import { onTestFinished } from 'vitest'
import { browserAt, browserPath } from '../../playground/play/doctor/browser.ts'

/** What is used here of playwright-core, whose own types need those of a browser. */
interface Playwright {
  readonly chromium: {
    launch(options: { executablePath: string; args: readonly string[] }): Promise<Browser>
  }
}

interface Browser {
  newContext(): Promise<Context>
  close(): Promise<void>
}

interface Context {
  newPage(): Promise<Page>
  exposeFunction(name: string, called: (told: never) => void): Promise<void>
  route(url: RegExp, answer: (route: Route) => Promise<void>): Promise<void>
  on(happens: 'console', told: (message: { type(): string; text(): string }) => void): void
  on(happens: 'weberror', told: (failure: { error(): Error }) => void): void
  on(happens: 'request', told: (request: { url(): string }) => void): void
  close(): Promise<void>
}

interface Route {
  request(): { url(): string }
  fetch(options: { url: string }): Promise<object>
  fulfill(answer: { response: object }): Promise<void>
}

export interface Page {
  goto(url: string): Promise<unknown>
  reload(): Promise<unknown>
  /** Resolves when an expression is true in it. */
  waitForFunction(expression: string): Promise<unknown>
  evaluate(expression: string): Promise<unknown>
  frames(): readonly { evaluate(expression: string): Promise<unknown> }[]
  on(happens: 'websocket', told: (socket: { url(): string }) => void): void
}

// By a variable, so that nobody asks for those types.
const name = 'playwright-core'

/** A page in a browser of the system. No other machine is asked for anything: whoever is named, nobody is found. */
export async function openPage() {
  const { chromium }: Playwright = await import(name)
  const browser = await chromium.launch({
    executablePath: installed(),
    args: ['--no-sandbox', '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost'],
  })
  onTestFinished(() => browser.close())
  const context = await browser.newContext()
  const errors: string[] = []
  context.on('console', message => {
    if (message.type() === 'error') errors.push(message.text())
  })
  context.on('weberror', failure => errors.push(`${failure.error()}`))
  const elsewhere = new Set<string>()
  const asked = (url: string) => {
    const { protocol, hostname, origin } = new URL(url)
    if (!own.includes(hostname) && protocol !== 'data:') elsewhere.add(origin)
  }
  context.on('request', request => asked(request.url()))
  const page = await context.newPage()
  page.on('websocket', socket => asked(socket.url()))
  return {
    context,
    page,
    /** What its console told of errors. */
    errors,
    /** Whom it asked for something beside this machine. */
    elsewhere: () => [...elsewhere],
  }
}

const own = ['127.0.0.1', 'localhost']

function installed(): string {
  const path = browserPath(process.env)
  const { says, fix = '' } = browserAt(path)
  if (fix !== '') throw new Error(`${says} ${fix}`)
  return path
}
