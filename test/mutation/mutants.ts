import { type Around, type Change, changesOf, isSentence } from './operators.ts'
import { type Node, parse, runningChildren, text } from './syntax.ts'

/** One change of a file of the sources. */
export interface Mutant extends Change {
  /** Counted from 1, over all files of a run. */
  readonly id: number
  /** Relative to the project. */
  readonly file: string
  readonly line: number
  readonly column: number
  /** The text that is replaced. */
  readonly original: string
}

export interface Mutated {
  readonly mutants: readonly Mutant[]
  /** The source with all mutants in it, each behind its switch. */
  readonly code: string
}

/** Makes the mutants of a file. The same file has the same mutants. */
export function mutate(file: string, source: string, firstId: number, switchFile: string): Mutated {
  const mutants: Mutant[] = []
  const render = (node: Node, around: Around): string => {
    const changes = isFixed(node, around, source) ? [] : changesOf(node, around, source)
    const made = changes.map(change => {
      const mutant = { ...change, ...placeOf(source, node.start), id: firstId + mutants.length, file }
      mutants.push({ ...mutant, original: source.slice(node.start, node.end) })
      return mutant
    })
    const inside = renderChildren(node)
    return made.reduceRight((rest, mutant) => switched(node, mutant.id, mutant.replacement, rest), inside)
  }
  const renderChildren = (node: Node): string => {
    const children = isSentence(node) ? [] : runningChildren(node).toSorted(([, a], [, b]) => a.start - b.start)
    let at = node.start
    let rendered = ''
    for (const [field, one] of children) {
      // A short field ({ id }) stands in the tree twice.
      if (one.start < at) continue
      rendered += source.slice(at, one.start) + render(one, { parent: node, field })
      at = one.end
    }
    return rendered + source.slice(at, node.end)
  }
  const tree = parse(source)
  const body = render(tree, { parent: undefined, field: '' })
  const code = source.slice(0, tree.start) + body + source.slice(tree.end)
  return { mutants, code: `import { isActive as $mutant } from ${JSON.stringify(switchFile)}; ${code}` }
}

function switched({ type }: Node, id: number, replacement: string, rest: string): string {
  if (type.endsWith('Statement')) return `{ if ($mutant(${id})) { ${replacement} } else ${rest} }`
  return `($mutant(${id}) ? ${replacement} : ${rest})`
}

/** Whether a node cannot be replaced where it stands. */
function isFixed(node: Node, { parent, field }: Around, source: string): boolean {
  if (!parent) return true
  // A chain (a?.b.c) is one expression.
  if (parent.type === 'ChainExpression') return true
  if (field === 'object' && source.slice(node.start, node.end).includes('?.')) return true
  if (field === 'callee' || (field === 'left' && parent.type.startsWith('Assignment'))) return true
  return field === 'argument' && (parent.type === 'UpdateExpression' || text(parent, 'operator') === 'delete')
}

function placeOf(source: string, at: number): { readonly line: number; readonly column: number } {
  const before = source.slice(0, at).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
