import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { roomOf, rooms } from './support/rooms.ts'

const root = join(import.meta.dirname, '..')
const files = globSync('{src,agents,playground}/**/*.ts', { cwd: root }).toSorted()

/** What each file imports: other files of the project as paths, packages by name. */
const imports = new Map(
  files.map(file => {
    const found = readFileSync(join(root, file), 'utf8').matchAll(
      /^(?:import|export)\s(?:[^'"]*?\sfrom\s)?'([^']+)'/gms,
    )
    const named = [...found].flatMap(([, specifier]) => (specifier === undefined ? [] : [specifier]))
    return [file, named.map(one => (one.startsWith('.') ? relative(root, join(root, dirname(file), one)) : one))]
  }),
)

/** The rooms of sub-paths: they know the index alone, as anybody's would, and none knows another. */
const plugs = ['sqlite', 'inspect', 'testing']

/** Where a partition is taken by its address, how often, and why no message would do. */
const livePartitions = [
  { file: 'src/kinds/life.ts', times: 1, why: 'a partition that failed is reported in its process' },
  { file: 'src/partition/incoming-asks.ts', times: 1, why: 'by reference: circles of asks of one table' },
  { file: 'src/partition/publish-together.ts', times: 1, why: 'a transformation sends events to another party' },
  { file: 'src/partition/reports.ts', times: 1, why: 'whether agents outside the parties hear a report' },
  { file: 'src/readers/backlog.ts', times: 2, why: 'a reader reads the journal of its process' },
  { file: 'src/readers/dead-letter-office.ts', times: 3, why: 'a letter is kept where its partition is' },
  { file: 'src/readers/durable-lag.ts', times: 2, why: 'a reader is reported in its process' },
  { file: 'src/readers/durable-subscription.ts', times: 2, why: 'a reader marks what it has read in its process' },
  { file: 'src/readers/durable-subscriptions.ts', times: 1, why: 'a reader is reported in its process' },
  { file: 'src/readers/first-positions.ts', times: 2, why: 'a reader is reported in its process' },
  { file: 'src/readers/observers.ts', times: 3, why: 'observers see the agents of their process' },
  { file: 'src/readers/replay.ts', times: 1, why: 'a replay reads the journal of its process' },
  { file: 'src/readers/schedules.ts', times: 1, why: 'schedules are listed by the process that runs them' },
  { file: 'src/recovery/order.ts', times: 1, why: 'a process recovers what its journal holds' },
  { file: 'src/runtime/owned-partitions.ts', times: 1, why: 'a process stops the partition that it no longer owns' },
  { file: 'src/runtime/runtime.ts', times: 1, why: 'a caller outside the agents belongs to no partition' },
  {
    file: 'src/work/callee.ts',
    times: 3,
    why: 'by reference; who hears a request must be known in the frame of the step',
  },
  { file: 'src/work/recalled-ask.ts', times: 1, why: 'a process recovers what its journal holds' },
] as const

const edges = (from: string) =>
  [...imports].filter(([file]) => file.startsWith(from)).flatMap(([file, named]) => named.map(to => ({ file, to })))

/** What a file says to the engine: without its comments. */
const code = (file: string) => readFileSync(join(root, file), 'utf8').replaceAll(/\/\*\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')

describe('the house', () => {
  it('has imports that this test can see', () => {
    expect(files.length).toBeGreaterThan(60)
    expect(edges('src/').length).toBeGreaterThan(150)
  })

  it('has rooms that know only those before them', () => {
    const wrong = edges('src/').filter(
      ({ file, to }) => to.startsWith('src/') && rooms.indexOf(roomOf(to)) > rooms.indexOf(roomOf(file)),
    )
    expect(wrong).toEqual([])
    expect(files.filter(file => file.startsWith('src/') && !rooms.includes(roomOf(file)))).toEqual([])
  })

  it('has no circles, not even of types', () => {
    const circles: string[] = []
    const done = new Set<string>()
    const walk = (file: string, path: readonly string[]) => {
      if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(' -> '))
      if (path.includes(file) || done.has(file)) return
      for (const to of imports.get(file) ?? []) if (imports.has(to)) walk(to, [...path, file])
      done.add(file)
    }
    for (const file of files) walk(file, [])
    expect(circles).toEqual([])
  })

  it('has no circle at run time behind an interface, unless its comment says why', () => {
    const text = new Map(files.map(file => [file, readFileSync(join(root, file), 'utf8')]))
    // A class that implements a host imports it, and so stands above the code that calls the host.
    const implemented = new Set(
      [...text.values()].flatMap(code =>
        [...code.matchAll(/^export class .* implements (.*) \{$/gm)].flatMap(
          ([, names = '']) => names.match(/\w+Host\b/g) ?? [],
        ),
      ),
    )
    expect(implemented.size).toBeGreaterThan(3)
    const silent = [...text].flatMap(([file, code]) =>
      [...code.matchAll(/(\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)?(?:export )?interface (\w+Host)\b/g)]
        .filter(([, comment = '', name = '']) => implemented.has(name) && !/\bbecause\b/.test(comment))
        .map(([, , name]) => `${file}: ${name}`),
    )
    expect(silent).toEqual([])
  })

  it('lets the index be for outsiders only', () => {
    const inside = edges('src/').filter(({ file, to }) => to === 'src/index.ts' && !plugs.includes(roomOf(file)))
    expect(inside).toEqual([])
    const knowingMore = plugs.flatMap(plug =>
      edges(`src/${plug}/`).filter(({ to }) => to.startsWith('src/') && to !== 'src/index.ts' && roomOf(to) !== plug),
    )
    expect(knowingMore).toEqual([])
  })

  it('keeps the runtime out of the thread that has the file of a journal', () => {
    const loaded = new Set(['src/sqlite/worker.ts', 'src/sqlite/migrations.ts'])
    for (const file of loaded) for (const to of imports.get(file) ?? []) if (imports.has(to)) loaded.add(to)
    expect(loaded.size).toBeGreaterThan(8)
    expect([...loaded].filter(file => roomOf(file) !== 'sqlite')).toEqual([])
  })

  it('lets agents and the playground know the package by its name alone, but for what their commands share with its own', () => {
    const reaching = [...edges('agents/'), ...edges('playground/')].filter(
      ({ file, to }) => to.includes('/') && files.includes(to) && to.split('/')[0] !== file.split('/')[0],
    )
    const isShared = (to: string) => to.startsWith('src/cli/') || to === 'src/nearest.ts'
    expect(reaching.filter(({ file, to }) => !(file.startsWith('playground/') && isShared(to)))).toEqual([])
  })

  it('keeps XState behind the step, the supervisor and the types of agents', () => {
    const knowing = [...imports]
      .filter(([file, named]) => file.startsWith('src/') && named.includes('xstate'))
      .map(([file]) => file)
    expect(knowing).toEqual([
      'src/actor/actor.ts',
      'src/actor/custom-action.ts',
      'src/actor/decision.ts',
      'src/actor/held-scope.ts',
      'src/actor/inside.ts',
      'src/actor/invoked.ts',
      'src/actor/kept.ts',
      'src/actor/missed-events.ts',
      'src/actor/move.ts',
      'src/actor/output.ts',
      'src/actor/perform-move.ts',
      'src/actor/ref-observers.ts',
      'src/actor/registry.ts',
      'src/actor/remembering.ts',
      'src/actor/restored-logic.ts',
      'src/actor/shortcut.ts',
      'src/actor/small-ref.ts',
      'src/actor/step.ts',
      'src/actor/stepped-logic.ts',
      'src/actor/watchers.ts',
      'src/actor/xstate-privates.ts',
      'src/agent/after.ts',
      'src/agent/agent.ts',
      'src/agent/busy.ts',
      'src/agent/edited.ts',
      'src/agent/identity.ts',
      'src/agent/logics.ts',
      'src/agent/migrate.ts',
      'src/agent/migration.ts',
      'src/agent/prepared-machine.ts',
      'src/agent/saved-machine.ts',
      'src/agent/strays.ts',
      'src/cli/chart.ts',
      'src/invoke/outside.ts',
      'src/lifecycle/agent-ref.ts',
      'src/lifecycle/agent-timers.ts',
      'src/lifecycle/child-specs.ts',
      'src/lifecycle/crew.ts',
      'src/lifecycle/escalation.ts',
      'src/lifecycle/incarnations.ts',
      'src/lifecycle/lone-agent.ts',
      'src/lifecycle/lone-host.ts',
      'src/lifecycle/restored-agents.ts',
      'src/lifecycle/roster.ts',
      'src/lifecycle/saved-agents.ts',
      'src/lifecycle/supervised.ts',
      'src/partition/check-said.ts',
      'src/partition/inside-steps.ts',
      'src/partition/step-checkpoint.ts',
      'src/partition/steps.ts',
      'src/supervision/child-spec.ts',
      'src/supervision/supervisor-host.ts',
      'src/supervision/supervisor.ts',
      // Paths go through the machine of an agent.
      'src/testing/paths/candidates.ts',
      'src/testing/paths/explore.ts',
      'src/testing/paths/model.ts',
      'src/testing/paths/parts.ts',
      'src/testing/paths/paths-of.ts',
      'src/testing/paths/play.ts',
      // The stand-in of an agent is an agent.
      'src/testing/probe-agent.ts',
    ])
  })

  it('asks the engine for microtasks, turns and timers through the scheduler and the clock alone', () => {
    const calls = /\b(queueMicrotask|setImmediate|setTimeout|setInterval|nextTick|node:timers|AbortSignal\.timeout)\b/
    const reasons: Readonly<Record<string, string>> = {
      'src/clock.ts': 'the timers of the system clock',
      'src/inspect/bridge.ts': 'the text of a page that a browser runs',
      'src/journal/watermark.ts': 'batches for a journal that writes to a disk, which takes longer than any schedule',
      'src/sqlite/writer.ts':
        'batches for the thread of a file, which answers when the disk does: no scheduler decides when',
      'src/testing/scheduler-contract.ts': 'compares a scheduler with the engine',
      'src/testing/transport-contract.ts': 'waits for what other threads and processes deliver',
      'src/time/scheduler.ts': 'the scheduler of the system',
    }
    expect(files.filter(file => file.startsWith('src/') && calls.test(code(file)))).toEqual(Object.keys(reasons))
  })

  it('takes a live partition by its address only where a process looks after its own, or where asks and events go by reference', () => {
    const taken = [...imports.keys()].flatMap(file => {
      const found = readFileSync(join(root, file), 'utf8').match(/(system|#ground|#listeners)\.(partition|outside)\(/g)
      return file.startsWith('src/') && found ? [[file, found.length] as const] : []
    })
    expect(taken).toEqual(livePartitions.map(({ file, times }) => [file, times]))
  })

  it('knows nothing of venues and cakes in its core', () => {
    const words = /\b(venue|cake|cater|bakery|guest)/i
    expect(files.filter(file => file.startsWith('src/') && words.test(code(file)))).toEqual([])
  })
})
