/**
 * Packs the project, installs the tarball in an empty folder as a user would, type-checks the examples of the README there
 * and runs them. The versions of what users bring themselves are those that the project is tested with.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const here = import.meta.dirname
const root = join(here, '..', '..')
const folder = mkdtempSync(join(tmpdir(), 'troupe-'))
const examples = [
  'example.ts',
  'own-agent.ts',
  'own-test.ts',
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
  'own-inspector.ts',
]

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
  const brought = ['xstate', 'zod', 'kysely', 'ws', 'typescript', '@types/node'].map(
    name => `${name}@${devDependencies[name]}`,
  )
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'trial', private: true, type: 'module' }))
  run('npm', 'install', '--no-audit', '--no-fund', '--loglevel=error', `./${packed.filename}`, ...brought)
  for (const example of examples) copyFileSync(join(here, example), join(folder, example))
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2024',
    types: ['node'],
    skipLibCheck: false,
    noUncheckedIndexedAccess: true,
    declaration: true,
    outDir: 'out',
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }))
  run('npx', 'tsc')
  expectOutput('example.js', /completionPercent: 60/)
  expectOutput('own-agent.js', /4 seats to Oslo/)
  expectOutput('own-test.js', /^$/)
  expectOutput('own-town.js', /Nobody offers photography/)
  expectOutput('own-versions.js', /seats: 1[^]*urn:troupe:event:tables.booked:3/)
  expectOutput('own-refusal.js', /^u7$/m)
  expectOutput('own-rules.js', /^false$/m)
  expectOutput('own-echoes.js', /^p1$/m)
  expectOutput('own-bus.js', /item: 'cake' } true\n\[ 12 \] 0 1[^]*^2 1$/m)
  expectOutput('own-journal.js', /^\{ guest: 'Ada' \}$/m)
  const planned = expectOutput('own-durable.js', /^p-\S+ Organic Treats Bakery$/m)
  // The second process has the party of the first.
  if (expectOutput('own-durable.js', /^p-/) !== planned) throw new Error('own-durable.js planned a second party')
  expectOutput('own-migration.js', /^$/)
  expectOutput('own-contract.js', /^# fail 0$|^ℹ fail 0$/m)
  expectOutput('own-inspector.js', /"kind":"chart"[^]*"kind":"snapshot","actor":"party\/p-[^"]+\/final-planner"/)
  for (const args of [['vegan cake'], ['--data', 'kept', 'vegan cake'], ['--data', 'kept']]) {
    const lastLine =
      run('npx', 'troupe', '--json', ...args)
        .trimEnd()
        .split('\n')
        .at(-1) ?? ''
    if (JSON.parse(lastLine).kind !== 'result') throw new Error(`npx troupe --json ${args} ended with ${lastLine}`)
  }
  console.log(
    `${packed.filename}: installed in an empty folder, type-checked, ran ${examples.join(', ')} and npx troupe`,
  )
} finally {
  rmSync(folder, { recursive: true, force: true })
}

function expectOutput(file: string, expected: RegExp): string {
  const output = run(process.execPath, join('out', file))
  if (!expected.test(output)) throw new Error(`${file} printed ${output}`)
  return output
}
