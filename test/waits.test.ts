import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { child, list, type Node, parse, runningChildren, text } from './mutation/syntax.ts'

const root = join(import.meta.dirname, '..')

/** Folders whose programs wait for what no promise of this process tells. */
const exceptions: Readonly<Record<string, string>> = {
  bench: 'measures time, also that of programs that do nothing',
  browser: 'a page in a browser shows something when it has painted it',
  kill: 'processes that end themselves at any moment',
  mutation: 'a command that starts the suite as processes, and ends those that hang',
  processes: 'programs in processes of their own',
  scale: 'long runs of the simulator, which give the event loop a turn now and then',
  simulate: 'a command with a time limit, whose workers give the event loop a turn now and then',
}

const files = globSync('test/**/*.ts', { cwd: root, exclude: ['**/node_modules/**'] })
  .filter(file => !Object.hasOwn(exceptions, file.split('/')[1] ?? ''))
  .toSorted()

const loops = ['ForStatement', 'WhileStatement', 'DoWhileStatement', 'ForInStatement', 'ForOfStatement']
const functions = ['ArrowFunctionExpression', 'FunctionExpression', 'FunctionDeclaration']

/** Whether this is so of a node, or of one below it; `where`: which nodes are gone into. */
function some(node: Node, isSo: (node: Node) => boolean, where = (_: Node) => true): boolean {
  return isSo(node) || runningChildren(node).some(([, below]) => where(below) && some(below, isSo, where))
}

function every(node: Node): readonly Node[] {
  return [node, ...runningChildren(node).flatMap(([, below]) => every(below))]
}

const isInside = ({ type }: Node) => !functions.includes(type)

/** Waits for turns of the event loop, or for time. */
const isTurn = (node: Node) =>
  node.type === 'AwaitExpression' &&
  some(node, one => one.type === 'Identifier' && /^(turns?|setImmediate|setTimeout)$/.test(text(one, 'name')))

/** Ends a loop in its middle. */
const isEnd = ({ type }: Node) => type === 'BreakStatement' || type === 'ReturnStatement'

/** Counts: `n < 5`. */
const isCount = (test: Node | undefined) =>
  test?.type === 'BinaryExpression' &&
  text(child(test, 'left'), 'type') === 'Identifier' &&
  ['<', '<=', '>', '>='].includes(text(test, 'operator'))

/** Turns alone: `for (let n = 0; n < 5; n++) await turn()` */
function isBare(body: Node | undefined): boolean {
  const [only, ...others] = body?.type === 'BlockStatement' ? list(body, 'body') : [body]
  const said = only && child(only, 'expression')
  return others.length === 0 && said !== undefined && isTurn(said)
}

/** Whether a loop waits for turns of the event loop until something is so, or for so many that it should be. */
function isPolling(loop: Node): boolean {
  const body = child(loop, 'body')
  if (!body || !some(body, isTurn, isInside)) return false
  const isFixed = loop.type.startsWith('ForO') || loop.type.startsWith('ForI') || isCount(child(loop, 'test'))
  return !isFixed || some(body, isEnd, isInside) || isBare(body)
}

/** A source without any of these words is not read further. */
const words = /\b(turns?|setImmediate|setTimeout|timers\/promises|waitFor|waitUntil|poll)\b/

/** The lines of a source at which it polls or sleeps. */
function waits(source: string): readonly number[] {
  if (!words.test(source)) return []
  const lineOf = ({ start }: Node) => source.slice(0, start).split('\n').length
  const nodes = every(parse(source))
  const sleeps = nodes.filter(
    node =>
      (node.type === 'ImportDeclaration' && text(child(node, 'source'), 'value').endsWith('timers/promises')) ||
      (node.type === 'CallExpression' && isSleep(child(node, 'callee'))),
  )
  return [...nodes.filter(node => loops.includes(node.type) && isPolling(node)), ...sleeps].map(lineOf)
}

/** `setTimeout`, and what vitest has for polling. */
function isSleep(callee: Node | undefined): boolean {
  const name = text(callee, 'name') || text(callee && child(callee, 'property'), 'name')
  return ['setTimeout', 'waitFor', 'waitUntil', 'poll'].includes(name)
}

describe('the tests', () => {
  it('neither sleep nor ask again and again whether something is so', () => {
    expect(files.length).toBeGreaterThan(300)
    const found = files.flatMap(file => waits(readFileSync(join(root, file), 'utf8')).map(line => `${file}:${line}`))
    const reasons: Readonly<Record<string, string>> = {
      'test/support/settle.ts': 'the one helper that gives the event loop a fixed number of turns',
    }
    const instead = 'Use settle(), passUntil() or another promise: see "How a test waits" in test/README.md'
    expect(
      found.filter(line => !Object.hasOwn(reasons, line.replace(/:\d+$/, ''))),
      instead,
    ).toEqual([])
  })
})

describe('a loop', () => {
  it.each([
    'while (!isOver) await turn()',
    'for (let n = 0; !isOver; n++) { await turn() }',
    'for (let n = 0; n < 100 && !isOver; n++) { clock.advance(1); await turn() }',
    'for (;;) { await turn(); if (isOver) break }',
    'for (let n = 0; n < 100; n++) { if (isOver) return; await new Promise(setImmediate) }',
    'do { await new Promise(resolve => setTimeout(resolve, 10)) } while (!isOver)',
    'for (let n = 0; n < 20; n++) await turn()',
    'for (const _ of twenty) { await turn() }',
  ])('polls: %s', source => {
    expect(waits(`async () => { ${source} }`)).not.toEqual([])
  })

  it.each([
    'for (const act of acts) { act(); await turn() }',
    'for (let n = 0; n < 5; n++) { await publish(n); await turn() }',
    'for (const act of acts) { const wait = async () => { return await turn() }; await act(wait) }',
    'while (next !== undefined) next = after(next)',
    'for (let n = 0; n < 5; n++) { await settle(); clock.advance(1_000) }',
  ])('does not poll: %s', source => {
    expect(waits(`async () => { ${source} }`)).toEqual([])
  })
})

it.each([
  "import { setTimeout as wait } from 'node:timers/promises'",
  'await new Promise(resolve => setTimeout(resolve, 10))',
  'await vi.waitFor(() => isOver)',
  'await expect.poll(() => runs).toBe(1)',
])('a test that sleeps is found: %s', source => {
  expect(waits(source)).toEqual([1])
})
