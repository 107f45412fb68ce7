import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { changedLines } from '../../playground/play/watch/changed-lines.ts'
import { type BeginRun, inProcesses, type RunEnd } from '../../playground/play/watch/running.ts'
import { watch } from '../../playground/play/watch/watch.ts'
import { play } from '../support/here.ts'

/** Collects printed lines; a test waits for them in order. */
function createScreen() {
  const lines: string[] = []
  let arrived = Promise.withResolvers<void>()
  return {
    lines,
    line(text: string) {
      lines.push(text)
      arrived.resolve()
    },
    /** Resolves to the lines up to one with this text, and removes them. */
    async until(text: string): Promise<readonly string[]> {
      for (;;) {
        const place = lines.findIndex(line => line.includes(text))
        if (place >= 0) return lines.splice(0, place + 1)
        arrived = Promise.withResolvers()
        await arrived.promise
      }
    },
  }
}

const good = (...lines: string[]): RunEnd => ({ lines, count: { ok: 1, of: 1 }, how: 'its process ended with 0' })

/** A watched folder. The reports of its runs are given; after `undefined`, a run goes on until it is stopped. */
async function watchedKitchen(...ends: readonly (RunEnd | undefined)[]) {
  const root = mkdtempSync(join(tmpdir(), 'troupe-watched-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  mkdirSync(join(root, 'kitchen'))
  const change = (name: string) => writeFileSync(join(root, 'kitchen', name), `${Math.random()}`)
  change('cake.ts')
  const screen = createScreen()
  let runs = 0
  const begin: BeginRun = printed => {
    const end = ends[runs]
    screen.line(`run ${++runs}`)
    for (const line of end?.lines ?? []) printed(line)
    return {
      ended: end ? Promise.resolve(end) : new Promise(() => {}),
      stop: async () => {
        if (!end) screen.line(`run ${runs} is stopped`)
      },
    }
  }
  const interruption = new AbortController()
  const watching = watch({ root, folders: ['kitchen'], begin, line: screen.line, signal: interruption.signal })
  const ended = watching.catch((error: unknown) => error)
  const interrupt = async () => {
    interruption.abort(new Error('Enough.'))
    return await ended
  }
  onTestFinished(async () => void (await interrupt()))
  return { root, change, screen, interrupt }
}

describe('watching', () => {
  it('prints the whole first run, and then the differences', async () => {
    const first = good('cake: A cake (seed 1)', '  holds   It is high.', '  ok      1 of 1 hold, 75 ms')
    const other = good('cake: A cake (seed 1)', '  holds   It is low.', '  ok      1 of 1 hold, 60 ms')
    const { change, screen } = await watchedKitchen(first, other)
    expect(await screen.until('Watching')).toEqual(['run 1', ...first.lines, 'Watching kitchen. Ctrl-C ends it.'])
    change('cake.ts')
    expect(await screen.until('ok')).toEqual([
      `Changed: ${join('kitchen', 'cake.ts')}`,
      'run 2',
      '  cake: A cake (seed 1)',
      '-   holds   It is high.',
      '+   holds   It is low.',
      '✓ ok      now 1 of 1 ok',
    ])
  })

  it('prints one line if only the durations differ', async () => {
    const { change, screen } = await watchedKitchen(
      good('  ok      1 of 1 hold, 75 ms'),
      good('  ok      1 of 1 hold, 9 ms'),
    )
    await screen.until('Watching')
    change('pie.ts')
    expect(await screen.until('as before')).toEqual([
      `Changed: ${join('kitchen', 'pie.ts')}`,
      'run 2',
      '✓ ok      as before: 1 of 1 ok',
    ])
  })

  it('ends a run when a file changes meanwhile, and prints the whole next one if none was printed yet', async () => {
    const { change, screen } = await watchedKitchen(undefined, good('  holds   It is high.'))
    await screen.until('run 1')
    change('cake.ts')
    expect(await screen.until('It is high')).toEqual([
      'run 1 is stopped',
      'Watching kitchen. Ctrl-C ends it.',
      `Changed: ${join('kitchen', 'cake.ts')}`,
      'run 2',
      '  holds   It is high.',
    ])
  })

  it('prints a whole run that cannot start, and compares the next one with the last run that started', async () => {
    const broken: RunEnd = { lines: ['SyntaxError: no'], how: 'its process ended with 3' }
    const { change, screen } = await watchedKitchen(
      good('  holds   It is high.'),
      broken,
      good('  holds   It is high.'),
    )
    await screen.until('Watching')
    change('cake.ts')
    const printed = await screen.until('not played')
    expect(printed.slice(2)).toEqual(['SyntaxError: no', '✗ failed  not played to the end: its process ended with 3'])
    change('cake.ts')
    expect((await screen.until('as before')).slice(2)).toEqual(['✓ ok      as before: 1 of 1 ok'])
  })

  it('notices files that editors replace, several times, and new files in new folders', async () => {
    const { root, screen } = await watchedKitchen(good(), good(), good(), good())
    await screen.until('Watching')
    for (const content of ['first', 'second']) {
      const beside = join(root, `beside-${content}`)
      writeFileSync(beside, content)
      renameSync(beside, join(root, 'kitchen', 'cake.ts'))
      expect((await screen.until('as before'))[0]).toBe(`Changed: ${join('kitchen', 'cake.ts')}`)
    }
    mkdirSync(join(root, 'kitchen', 'cellar'))
    writeFileSync(join(root, 'kitchen', 'cellar', 'wine.ts'), '')
    const [printed] = await screen.until('as before')
    expect(printed).toContain(join('kitchen', 'cellar'))
  })

  it('ignores the temporary files of editors', async () => {
    const { change, screen } = await watchedKitchen(good(), good())
    await screen.until('Watching')
    for (const name of ['.cake.ts.swp', 'cake.ts~', '4913', '#cake.ts#']) change(name)
    change('pie.ts')
    expect(await screen.until('Changed')).toEqual([`Changed: ${join('kitchen', 'pie.ts')}`])
  })

  it('names at most five changed files', async () => {
    const { change, screen } = await watchedKitchen(good())
    await screen.until('Watching')
    for (let place = 1; place <= 150; place++) change(`pie-${place}.ts`)
    const printed = (await screen.until(' and others')).at(-1)
    expect(printed?.match(/pie-/g)).toHaveLength(5)
  })

  it('ends, with its run, when its signal is aborted', async () => {
    const { screen, interrupt } = await watchedKitchen(undefined)
    await screen.until('run 1')
    expect(await interrupt()).toEqual(new Error('Enough.'))
    expect(screen.lines).toEqual(['run 1 is stopped'])
  })
})

describe('what changed in a report', () => {
  it('is below the line that it belongs to', () => {
    const before = ['cake: A cake', '  high', 'pie: A pie', '  round', 'the end']
    const after = ['cake: A cake', '  high', 'pie: A pie', '  square', 'the end']
    expect(changedLines(before, after)).toEqual(['  pie: A pie', '-   round', '+   square'])
  })

  it('is empty if only times at the end of lines differ', () => {
    expect(changedLines(['  ok, 7 ms'], ['  ok, 8 ms'])).toEqual([])
    expect(changedLines(['  after 7 ms it rings'], ['  after 8 ms it rings'])).toHaveLength(2)
  })
})

describe('a run in a process of its own', { timeout: 60_000 }, () => {
  const running = (program: string, grace?: number) => {
    const screen = createScreen()
    const begin = inProcesses(['--eval', program], { env: {}, ...(grace !== undefined && { grace }) })
    return { screen, ...begin(screen.line) }
  }

  it('passes on its lines at once, and then its report', async () => {
    const { screen, ended } = running('console.log("one"); console.error("\\ntwo"); process.send({ ok: 1, of: 2 })')
    const { lines, count, how } = await ended
    expect(lines.toSorted()).toEqual(['one', 'two'])
    expect({ count, how }).toEqual({ count: { ok: 1, of: 2 }, how: 'its process ended with 0' })
    expect(screen.lines.toSorted()).toEqual(['', 'one', 'two'])
  })

  it('is interrupted first, and can end in order', async () => {
    const { screen, ended, stop } = running(
      'process.on("SIGINT", () => process.exit(130)); setInterval(() => {}, 1_000); console.log("there")',
    )
    await screen.until('there')
    await stop()
    expect(await ended).toEqual({ lines: ['there'], how: 'its process ended with 130' })
  })

  it('is killed when it does not end', async () => {
    const { screen, ended, stop } = running(
      'process.on("SIGINT", () => {}); setInterval(() => {}, 1_000); console.log("there")',
      10,
    )
    await screen.until('there')
    await stop()
    expect(await ended).toEqual({ lines: ['there'], how: 'its process ended by SIGKILL' })
  })

  it('has no lines of a progress bar, which differ each time', async () => {
    const { ended } = running('console.error("[#####---------------] 4/18 scenarios, about 5 s to go")')
    expect((await ended).lines).toEqual([])
  })
})

describe('the command that plays and watches', { timeout: 120_000 }, () => {
  it.each([['--json'], ['--record', 'file']])('refuses %s', async (...args) => {
    const { code, out, err } = await play('run', 'saga', '--watch', ...args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain('Say it without --json and --record.')
  })
})
