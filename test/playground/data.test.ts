import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Ran } from '../support/command.ts'
import { plan } from '../support/here.ts'

/** A directory that does not exist yet. */
function newDirectory(): string {
  const parent = mkdtempSync(join(tmpdir(), 'troupe-data-'))
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  return join(parent, 'parties')
}

/** The result in the last line, without the parts that differ between runs. */
function resultOf({ out }: Ran) {
  const { partyId, state } = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '')
  const { inputs, results, budget, plan, status } = state
  return {
    partyId,
    planned: { inputs: inputs.map(({ content }: { content: string }) => content), results, budget, plan, status },
  }
}

function change(directory: string, statement: string): void {
  const db = new DatabaseSync(join(directory, 'journal.db'))
  db.exec(statement)
  db.close()
}

/** Each test starts several processes, on a machine that may be busy. */
const patient = { timeout: 120_000 }

const wishes = ['jungle party for 20 kids in a park', 'vegan cake', 'pizza for all']

describe('a plan that is kept', patient, () => {
  it('is shown again when it was finished, without planning', async () => {
    const directory = newDirectory()
    const first = await plan('--data', directory, ...wishes)
    const again = await plan('--data', directory)
    expect(again).toMatchObject({ code: 0, out: first.out })
    expect(again.err).toMatch(/^Found 1 party\.\nPlan yours/)
  })

  it('is the sample when there is no input and no plan yet', async () => {
    const directory = newDirectory()
    expect((await plan('--data', directory)).out).toContain('A jungle party for 75 guests at Sunshine Garden Park')
  })
})

describe('a directory', patient, () => {
  it.each([
    [
      'below a file',
      (path: string) => writeFileSync(path, ''),
      (path: string) => join(path, 'below'),
      'cannot be opened',
    ],
    ['that is a file', (path: string) => writeFileSync(path, ''), (path: string) => path, 'cannot be opened'],
  ])('%s ends the command with 3, in one sentence', async (_, make, at, said) => {
    const path = newDirectory()
    make(path)
    const { code, out, err } = await plan('--data', at(path), 'vegan cake')
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toMatch(new RegExp(`^The journal in .* ${said}.*\\n$`))
  })

  it('that a newer version has written ends the command with 3', async () => {
    const directory = newDirectory()
    await plan('--data', directory, 'vegan cake')
    change(directory, 'PRAGMA user_version = 99')
    const { code, out, err } = await plan('--data', directory)
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toContain('Update the package, or use another directory.')
  })
})

describe('a party that cannot go on', patient, () => {
  it('is reported in one sentence, and does not stop the others', async () => {
    const directory = newDirectory()
    const { partyId } = resultOf(await plan('--json', '--data', directory, 'space party'))
    await plan('--data', directory, 'vegan cake')
    change(
      directory,
      `UPDATE checkpoints SET body = replace(body, 'space', 'spice') WHERE agent = 'theme' AND body LIKE '%space%'`,
    )
    const { code, out, err } = await plan('--data', directory)
    expect(code).toBe(0)
    expect(err).toContain(`Party "${partyId}" is quarantined: The journal holds the checkpoint of "theme"`)
    expect(out).toContain('Organic Treats Bakery')
    expect(out).not.toContain('space')
  })

  it('ends the command with 3 when there is nothing else to do', async () => {
    const directory = newDirectory()
    await plan('--data', directory, 'space party')
    change(directory, `UPDATE checkpoints SET body = '{}' WHERE agent = 'theme'`)
    const { code, out, err } = await plan('--data', directory)
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toContain('is quarantined')
    expect(err).toContain('Say what to plan instead.')
  })
})
