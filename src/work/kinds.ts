import { askKind, askManyKind } from './ask-kind.ts'
import { childKind } from './child-kind.ts'
import { effectKind } from './effect-kind.ts'
import type { Work, WorkKind } from './kind.ts'

/** All kinds of work, by their names. */
const kinds = new Map<string, WorkKind>()

registerKind(askKind)
registerKind(askManyKind)
registerKind(effectKind)
registerKind(childKind)

/** Makes a kind of work known: agents may invoke it from here on. */
export function registerKind(kind: WorkKind): void {
  if (kinds.has(kind.name)) throw new TypeError(`There are two kinds of work named "${kind.name}".`)
  kinds.set(kind.name, kind)
}

/** The kind of a piece of work. */
export function kindOf({ kind: name }: Work): WorkKind {
  const kind = kinds.get(name)
  if (!kind) throw new TypeError(`There is no kind of work "${name}". Register it in src/work/kinds.ts.`)
  return kind
}
