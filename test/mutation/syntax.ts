import { parseAst } from 'rolldown/parseAst'

/** A node of the syntax tree (ESTree, with the types of TypeScript), of which only the place is known. */
export interface Node {
  readonly type: string
  readonly start: number
  readonly end: number
  readonly [field: string]: unknown
}

/** Reads TypeScript. */
export function parse(source: string): Node {
  const tree: unknown = parseAst(source, { lang: 'ts' })
  if (!isNode(tree)) throw new Error('The parser gave no tree.')
  return tree
}

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
}

/** The node in a field; `undefined` if there is none. */
export function child(node: Node, field: string): Node | undefined {
  const value = node[field]
  return isNode(value) ? value : undefined
}

/** The nodes in a field that holds a list. */
export function list(node: Node, field: string): readonly Node[] {
  const value = node[field]
  return Array.isArray(value) ? value.filter(isNode) : []
}

/** A field that holds text, such as an operator or a name. */
export function text(node: Node | undefined, field: string): string {
  const value = node?.[field]
  return typeof value === 'string' ? value : ''
}

/** The nodes directly below a node that run; types do not. */
export function runningChildren(node: Node): readonly (readonly [field: string, node: Node])[] {
  return Object.entries(node)
    .flatMap(([field, value]): (readonly [string, unknown])[] =>
      Array.isArray(value) ? value.map(one => [field, one] as const) : [[field, value]],
    )
    .flatMap(([field, value]) => (isNode(value) && runs(value) ? [[field, value] as const] : []))
}

const wrappers = ['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression']

function runs({ type }: Node): boolean {
  return !type.startsWith('TS') || wrappers.includes(type)
}
