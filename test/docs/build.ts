/**
 * Makes the API reference of all public names, from their docstrings, as pages in `docs/`. Fails on every warning: a link that
 * leads nowhere, a public name without a docstring, a public function without an example, a type that a public name uses and
 * that nobody can import.
 *
 *     npm run docs
 */
import { dirname, join } from 'node:path'
import {
  Application,
  Comment,
  type Context,
  Converter,
  type DeclarationReflection,
  type ProjectReflection,
  ReflectionKind,
} from 'typedoc'

const root = join(import.meta.dirname, '..', '..')

/** The entries of the package, by the names that they are imported by. */
const entries: Readonly<Record<string, string>> = {
  troupe: 'src/index.ts',
  'troupe/events': 'src/events/sources/index.ts',
  'troupe/agents': 'agents/index.ts',
  'troupe/inspect': 'src/inspect/index.ts',
  'troupe/sqlite': 'src/sqlite/index.ts',
  'troupe/testing': 'src/testing/index.ts',
  'troupe/testing/paths': 'src/testing/paths/index.ts',
}

/** Types that only compute other types: no value that users meet has them. */
const computing = [
  'src/agent/agent.ts:Fits',
  'src/agent/hears-and-says.ts:HeardOf',
  'src/agent/hears-and-says.ts:OrNone',
  'src/agent/hears-and-says.ts:SaidOf',
  'src/agent/migration.ts:Leads',
  'src/events/refusal.ts:Carrying',
  'src/state/kind.ts:AppliesTo',
  'src/state/kind.ts:EventsOf',
  'src/state/kind.ts:Listed',
  'src/state/definition.ts:PayloadOf',
]

const app = await Application.bootstrap({
  // Links to sources need a remote that a checkout may not have; without one TypeDoc warns.
  disableSources: true,
  name: 'Troupe',
  entryPoints: Object.values(entries).map(file => join(root, file)),
  tsconfig: join(root, 'tsconfig.build.json'),
  out: join(root, 'docs'),
  readme: 'none',
  // The compiler of the project checks types; this one is older.
  skipErrorChecking: true,
  excludeInternal: true,
  excludePrivate: true,
  excludeExternals: true,
  requiredToBeDocumented: ['Class', 'Interface', 'TypeAlias', 'Variable', 'Function', 'Method', 'Accessor'],
  intentionallyNotExported: computing,
  validation: { notExported: true, invalidLink: true, rewrittenLink: true, notDocumented: true },
})

app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }: Context) => hideConstructorsOfErrors(project))
app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }: Context) => nameEntries(project))
const descriptions = await descriptionsOf()
app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }: Context) => describeDefinitions(project))

const project = await app.convert()
if (project) {
  app.validate(project)
  for (const one of withoutExample(project)) app.logger.warn(`${one} has no @example`)
  if (!app.logger.hasWarnings() && !app.logger.hasErrors()) await app.generateOutputs(project)
}
if (app.logger.hasWarnings() || app.logger.hasErrors()) process.exitCode = 1

/** Users catch errors and make none. */
function hideConstructorsOfErrors(project: ProjectReflection): void {
  for (const one of project.getReflectionsByKind(ReflectionKind.Class))
    if (one.name.endsWith('Error'))
      for (const made of project.getReflectionsByKind(ReflectionKind.Constructor))
        if (made.parent === one) project.removeReflection(made)
}

function nameEntries(project: ProjectReflection): void {
  for (const module of project.children ?? []) {
    const [name] = Object.entries(entries).find(([, file]) => dirname(file) === module.name) ?? []
    module.name = name ?? module.name
  }
}

/** The sentences that definitions of events and requests have for the tables, by entry and name. */
async function descriptionsOf(): Promise<ReadonlyMap<string, string>> {
  const all = new Map<string, string>()
  for (const [entry, file] of Object.entries(entries))
    for (const [name, value] of Object.entries(await import(join(root, file))))
      if (isDescribed(value)) all.set(`${entry}.${name}`, value.description)
  return all
}

function isDescribed(value: unknown): value is { readonly description: string } {
  if (value === null || !['function', 'object'].includes(typeof value)) return false
  return 'description' in Object(value) && Object(value).description !== ''
}

/** A definition has its docstring already: the description that the tables of events show. */
function describeDefinitions(project: ProjectReflection): void {
  for (const one of project.getReflectionsByKind(ReflectionKind.Variable)) {
    const description = descriptions.get(one.getFullName())
    if (!one.comment && description !== undefined) one.comment = new Comment([{ kind: 'text', text: description }])
  }
}

function withoutExample(project: ProjectReflection): readonly string[] {
  const functions = project.getReflectionsByKind(ReflectionKind.Function) as DeclarationReflection[]
  return functions
    .filter(one => !(one.signatures ?? []).some(({ comment }) => comment?.getTag('@example')))
    .map(one => one.getFullName())
}
