import { describe, expect, it, vi } from 'vitest'
import { wholeNumber } from '../../src/cli/arguments.ts'
import { defineCommand } from '../../src/cli/command.ts'
import { exitCodes } from '../../src/cli/exit-codes.ts'
import { onOff, valued } from '../../src/cli/flag.ts'
import { say } from '../../src/cli/output.ts'
import { type Program, runProgram } from '../../src/cli/program.ts'

const count = valued('N', 'so many of them', text => wholeNumber('--count', text), '1')

const buy = defineCommand({
  name: 'buy',
  help: { 'buy CAKE': 'buys cakes', 'buy CAKE SHOP': 'buys them there' },
  flags: { count, fresh: onOff('only of today') },
  words: [1, 2],
  async run([cake, shop = 'anywhere'], given) {
    say(JSON.stringify({ cake, shop, ...given }))
    return exitCodes.ok
  },
})

const eat = defineCommand({
  name: 'eat',
  help: { eat: 'eats all' },
  flags: {},
  words: [0, 0],
  misused: words => `eat takes no ${words[0]}.`,
  run: async () => exitCodes.failed,
})

const shop: Program = { call: 'shop', commands: [buy, eat], about: 'Sells cakes.', exits: 'Exit code: 0.', columns: 40 }

async function run(program: Program, ...args: readonly string[]) {
  let [out, err] = ['', '']
  const spies = [
    vi.spyOn(process.stdout, 'write').mockImplementation(text => (out += text) !== ''),
    vi.spyOn(process.stderr, 'write').mockImplementation(text => (err += text) !== ''),
  ]
  try {
    return { code: await runProgram(program, args), out, err }
  } finally {
    for (const spy of spies) spy.mockRestore()
  }
}

describe('a program with commands', () => {
  it('builds its help from the descriptions of commands and flags', async () => {
    const { code, out } = await run(shop, 'buy', '--help')
    expect(code).toBe(0)
    expect(out).toBe(`Sells cakes.

  buy CAKE       buys cakes
  buy CAKE SHOP  buys them there
  eat            eats all

  --count N   so many of them
  --fresh     only of today
  --no-color  plain text, as with
              NO_COLOR
  -h, --help  this text

Exit code: 0.
`)
    expect(await run(shop)).toEqual({ code: 0, out, err: '' })
  })

  it('gives a command its words and the values of its flags', async () => {
    const { out } = await run(shop, 'buy', 'carrot', '--count', '3')
    expect(JSON.parse(out)).toEqual({ cake: 'carrot', shop: 'anywhere', count: 3, fresh: false })
    const { out: usual } = await run(shop, 'buy', 'carrot', 'corner', '--fresh')
    expect(JSON.parse(usual)).toEqual({ cake: 'carrot', shop: 'corner', count: 1, fresh: true })
  })

  it('ends with the code of its command', async () => {
    expect(await run(shop, 'eat')).toEqual({ code: 1, out: '', err: '' })
  })

  it('runs its default command if none is named', async () => {
    expect(await run({ ...shop, alone: eat })).toMatchObject({ code: 1 })
    expect(await run({ ...shop, alone: eat }, '--fresh')).toMatchObject({
      code: 2,
      err: '--fresh of which command? See --help.\n',
    })
  })

  it.each([
    [['sell'], 'There is no command "sell". There are: buy, eat.'],
    [['buy'], 'Say: shop buy CAKE, or shop buy CAKE SHOP'],
    [['buy', ' '], 'Word 1 of buy is blank. Say: shop buy CAKE, or shop buy CAKE SHOP'],
    [['buy', 'carrot', '--count', 'x'], '--count is "x". Give a whole number, for example --count 7.'],
    [['eat', '--fresh'], '--fresh is not an option of eat. See --help.'],
    [['eat', 'cake'], 'eat takes no cake.'],
  ])('suggests what to type instead of %j', async (args, sentence) => {
    expect(await run(shop, ...args)).toEqual({ code: 2, out: '', err: `${sentence}\n` })
  })
})
