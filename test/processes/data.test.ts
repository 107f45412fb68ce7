import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { beginUntil, planUntil, type Ran } from '../support/command.ts'
import { plan } from '../support/here.ts'

/** A directory that does not exist yet. */
function newDirectory(): string {
  const parent = mkdtempSync(join(tmpdir(), 'troupe-data-'))
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }))
  return join(parent, 'parties')
}

/** The result in the last line, without the parts that differ between runs. */
function resultOf({ out }: Ran) {
  const { state } = JSON.parse(out.trimEnd().split('\n').at(-1) ?? '')
  const { inputs, results, budget, plan, status } = state
  return { inputs: inputs.map(({ content }: { content: string }) => content), results, budget, plan, status }
}

const wishes = ['jungle party for 20 kids in a park', 'vegan cake', 'pizza for all']

describe('a plan that is kept', () => {
  let undisturbed: Promise<Ran> | undefined

  it.each([
    ['just when it was created', 'party.input.added'],
    ['while agents searched', 'party.agent.started'],
    ['when something was found', 'party.agent.completed'],
    ['when there was a first plan', 'party.plan.updated'],
  ])('goes on by itself when its process was killed %s, and ends with the same plan', async (_, type) => {
    const directory = newDirectory()
    const { code } = await planUntil(`"type":"${type}","data"`, 'SIGKILL', '--json', '--data', directory)
    expect(code).toBe(null)
    const goneOn = await plan('--json', '--data', directory)
    expect(goneOn.code).toBe(0)
    expect(goneOn.out).toContain('"cause":{"kind":"recovery"}')
    undisturbed ??= plan('--json')
    expect(resultOf(goneOn)).toEqual(resultOf(await undisturbed))
  })

  it('is finished before the next one is planned, and both are shown', async () => {
    const directory = newDirectory()
    await planUntil('"type":"party.agent.started","data"', 'SIGKILL', '--json', '--data', directory, ...wishes)
    const { code, out, err } = await plan('--data', directory, 'space party')
    expect(code).toBe(0)
    expect(err).toMatch(/^Found 1 party\.\nParty "[a-z0-9-]+" has gone on: its plan is 100 % complete\.\n/)
    expect(out.match(/^Party p-/gm)).toHaveLength(2)
    expect(out.indexOf('A jungle party')).toBeLessThan(out.indexOf('A space party'))
    const planned = resultOf(await plan('--data', directory, '--json', 'pirate party'))
    expect(planned.inputs).toEqual(['pirate party'])
  })

  it('goes on after an interruption, whose message says how', async () => {
    const directory = newDirectory()
    const many = Array.from({ length: 100 }, (_, count) => `${count + 5} guests`)
    const { code, err } = await planUntil('read 3', 'SIGINT', '--data', directory, ...many)
    expect(code).toBe(130)
    expect(err).toContain(`Interrupted. Go on: npm start -- --data ${directory}`)
    expect((await plan('--data', directory)).out).toContain('A party for 104 guests')
  })
})

it('a directory is used by one process at a time, until that is killed', async () => {
  const directory = newDirectory()
  const text = '"type":"party.input.added","data"'
  const { child, printed, ended } = beginUntil(text, 'SIGSTOP', '--json', '--data', directory)
  await printed(text)
  const second = await plan('--data', directory, 'vegan cake')
  expect(second).toMatchObject({ code: 3, out: '' })
  expect(second.err).toBe(
    `The journal in "${directory}" is open already by process ${child.pid}. Stop that one first, or use another directory.\n`,
  )
  child.kill('SIGKILL')
  await ended
  expect((await plan('--data', directory)).code).toBe(0)
})
