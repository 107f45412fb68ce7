import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { beginPlay, beginPlayWith } from '../support/command.ts'

describe('the command that plays scenarios', () => {
  it('goes on when stderr is closed, and keeps its exit code', async () => {
    const early = beginPlay('run', 'saga', 'debounce')
    early.child.stderr.destroy()
    expect(await early.ended).toMatchObject({ code: 0 })
    const late = beginPlay('run', 'saga', 'watchdog', '--real-time', '--timeout', '2s')
    late.child.stderr.destroy()
    expect(await late.ended).toMatchObject({ code: 4 })
  })

  it('ends with 130 when it is interrupted', async () => {
    const { child, printed, ended } = beginPlay('run', 'watchdog', 'saga', '--real-time')
    await printed('watchdog: A DJ')
    child.kill('SIGINT')
    const { code, err } = await ended
    expect(code).toBe(130)
    expect(err).not.toContain('saga:')
  })

  it('ends with 130 on SIGTERM, and leaves no files behind', async () => {
    const temporary = mkdtempSync(join(tmpdir(), 'troupe-play-'))
    onTestFinished(() => rmSync(temporary, { recursive: true }))
    const { child, printed, ended } = beginPlayWith(temporary, 'run', 'crash-recover', '--real-time')
    await printed('killed with kill -9')
    expect(readdirSync(temporary)).toEqual([expect.stringMatching(/^troupe-scenario-/)])
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 130 })
    expect(readdirSync(temporary)).toEqual([])
  })
})
