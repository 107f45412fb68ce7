/**
 * Packs the project, installs the tarball in an empty folder as a user would, type-checks the examples of the README there
 * and runs them. The versions of what users bring themselves are those that the project is tested with.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const here = import.meta.dirname
const root = join(here, '..', '..')
/** As the README promises. */
const oldestTypeScript = '5.9.3'
const folder = mkdtempSync(join(tmpdir(), 'troupe-'))
const examples = [
  'example.ts',
  'own-agent.ts',
  'own-test.ts',
  'own-trip.ts',
  'own-silence.ts',
  'own-baker.ts',
  'own-baker.test.ts',
  'own-expect.test.ts',
  'own-checks.ts',
  'own-arbitrary.ts',
  'own-paths.test.ts',
  'own-order.ts',
  'own-spans.ts',
  'own-town.ts',
  'own-refusal.ts',
  'own-rules.ts',
  'own-versions.ts',
  'own-echoes.ts',
  'own-bus.ts',
  'own-journal.ts',
  'own-durable.ts',
  'own-migration.ts',
  'own-contract.ts',
  'own-ports.ts',
  'own-inspector.ts',
]

/** Two tickets: the second burns its clerk, and a timer waits for a day. */
const runDesk = `
import { createRuntime } from 'troupe'
import { sqliteJournal } from 'troupe/sqlite'
import { party } from './desk.js'

const runtime = createRuntime({ party, journal: sqliteJournal({ directory: 'data' }), log: 'silent' })
await runtime.start()
const desk = await runtime.parties.create({ id: 'p1', inputs: ['a lamp', 'hot soup'] })
await desk.idle()
await runtime.stop()
`

const run = (command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })

try {
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
    }),
  )
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const brought = ['xstate', 'zod', 'kysely', 'ws', 'vitest', 'fast-check', 'typescript', '@types/node'].map(
    name => `${name}@${devDependencies[name]}`,
  )
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'trial', private: true, type: 'module' }))
  brought.push(`typescript-5@npm:typescript@${oldestTypeScript}`)
  run('npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', `./${packed.filename}`, ...brought)
  for (const example of examples) copyFileSync(join(here, example), join(folder, example))
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2024',
    types: ['node'],
    skipLibCheck: false,
    rewriteRelativeImportExtensions: true,
    noUncheckedIndexedAccess: true,
    declaration: true,
    outDir: 'out',
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  run('npx', 'tsc')
  run('node', join('node_modules', 'typescript-5', 'bin', 'tsc'), '--noEmit', '--skipLibCheck')
  expectOutput('example.js', /completionPercent: 60/)
  expectOutput('own-test.js', /^$/)
  expectOutput('own-trip.js', /4 seats to Oslo/)
  expectOutput('own-silence.js', /^$/)
  run('npx', 'vitest', 'run', 'own-baker.test.ts', 'own-expect.test.ts', 'own-paths.test.ts')
  expectOutput('own-checks.js', /^$/)
  expectOutput('own-arbitrary.js', /^$/)
  expectOutput('own-spans.js', /^publish party\.input\.added[^]*^ +effect write-plan: \d+ ms$/m)
  expectOutput('own-order.js', /^$/)
  expectOutput('own-town.js', /Nobody offers photography/)
  expectOutput('own-versions.js', /seats: 1[^]*urn:troupe:event:tables.booked:3/)
  expectOutput('own-refusal.js', /^u7$/m)
  expectOutput('own-rules.js', /^undefined false$/m)
  expectOutput('own-echoes.js', /^p1$/m)
  expectOutput('own-bus.js', /item: 'cake' } true\n\[ 12 \] 0 1[^]*^2 1$/m)
  expectOutput('own-journal.js', /^\{ guest: 'Ada' \}$/m)
  const planned = expectOutput('own-durable.js', /^p-\S+ Organic Treats Bakery$/m)
  // The second process has the party of the first.
  if (expectOutput('own-durable.js', /^p-/) !== planned) throw new Error('own-durable.js planned a second party')
  expectOutput('own-migration.js', /^$/)
  expectOutput('own-contract.js', /^# fail 0$|^ℹ fail 0$/m)
  expectOutput('own-ports.js', /^# fail 0$|^ℹ fail 0$/m)
  expectOutput('own-inspector.js', /"kind":"chart"[^]*"kind":"snapshot","actor":"party\/p-[^"]+\/final-planner"/)
  // The command line, on what an application of four agents has written, and with its module.
  copyFileSync(join(root, 'test', 'cli', 'desk.ts'), join(folder, 'desk.ts'))
  writeFileSync(join(folder, 'run-desk.ts'), runDesk)
  run('npx', 'tsc')
  expectOutput('run-desk.js', /^$/)
  const module = join('out', 'desk.js')
  const everything = [
    [['doctor', 'data'], /1 party with 4 agents: p1\.[^]*1 timer set[^]*1 failed[^]*The directory was not changed/],
    [['doctor', 'data', '--app', module], /All is as it should be/],
    [['why', 'desk.answer.drafted', 'data'], /because draft is done[^]*somebody outside says desk\.ticket\.added/],
    [['replay', 'data', '--app', module], /filed: \[ 'a lamp' \]/],
    [['record', 'data', 'all.jsonl'], /^$/],
    [['replay', 'all.jsonl', '--json'], /"kind":"result","ok":true/],
    [['export', 'data', 'p1'], /^{"kind":"party"[^]*{"kind":"end"/],
    [['export', '--app', module], /resting --> waiting/],
    [['--version'], /^\d+\.\d+\.\d+$/m],
  ] as const
  for (const [args, expected] of everything) {
    const output = run('npx', 'troupe', ...args)
    if (!expected.test(output)) throw new Error(`npx troupe ${args.join(' ')} printed ${output}`)
  }
  const installed = join(folder, 'node_modules', 'troupe')
  const maps = globSync('**/*.map', { cwd: installed })
  if (maps.length > 0) throw new Error(`The package has source maps without sources: ${maps.join(', ')}`)
  checkOldNode(join(installed, 'dist', 'src', 'cli', 'bin.js'))
  console.log(
    `${packed.filename}: installed in an empty folder, type-checked, ran ${examples.join(', ')} and npx troupe`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** Where this machine has a Node that is too old, the command line says so in one sentence. */
function checkOldNode(program: string): void {
  const path = (process.env['PATH'] ?? '')
    .split(':')
    .filter(one => !one.includes('node_modules'))
    .join(':')
  const node = (...args: string[]) => spawnSync('node', args, { encoding: 'utf8', env: { ...process.env, PATH: path } })
  if (!/^v(1\d|20|21)\./.test(node('--version').stdout)) return
  const { status, stderr } = node(program, 'doctor')
  if (status !== 3 || !/^Troupe needs Node 22\.13 or newer, and this is \S+ .*\n$/.test(stderr))
    throw new Error(`An older Node ended with ${status} and said: ${stderr}`)
  console.log(`Node ${node('--version').stdout.trim()} is told that it is too old`)
}

function expectOutput(file: string, expected: RegExp): string {
  const output = run(process.execPath, join('out', file))
  if (!expected.test(output)) throw new Error(`${file} printed ${output}`)
  return output
}
