import { child, isNode, list, type Node, text } from './syntax.ts'

/** What is around a node. */
export interface Around {
  readonly parent: Node | undefined
  readonly field: string
}

/** Another text for a node. */
export interface Change {
  readonly operator: string
  readonly replacement: string
}

/** Which operators take the place of an operator. */
const operators: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '===': ['!=='],
  '!==': ['==='],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '**': ['*'],
  '>>': ['<<'],
  '<<': ['>>'],
}

const assignments: Readonly<Record<string, string>> = { '+=': '-=', '-=': '+=', '*=': '/=', '/=': '*=', '??=': '=' }

/** Methods that are replaced by others, and methods that are left out. */
const methods: Readonly<Record<string, string>> = { some: 'every', every: 'some', min: 'max', max: 'min' }
const leftOut = ['filter', 'slice', 'toReversed', 'toSorted']

const tested = ['IfStatement', 'ConditionalExpression', 'WhileStatement', 'ForStatement', 'DoWhileStatement']
const loops = ['WhileStatement', 'ForStatement', 'DoWhileStatement']

/** The changes of a node that make a mutant each. */
export function changesOf(node: Node, around: Around, source: string): readonly Change[] {
  const changes = own[node.type]?.(node, around, source) ?? []
  return isTest(around) ? [...conditions(node, around), ...changes] : changes
}

/** Whether a node is the condition of a statement. */
function isTest({ parent, field }: Around): boolean {
  return parent !== undefined && field === 'test' && tested.includes(parent.type)
}

function conditions(node: Node, { parent }: Around): readonly Change[] {
  if (node.type === 'Literal') return []
  const never = { operator: 'condition', replacement: 'false' }
  return parent && loops.includes(parent.type) ? [never] : [{ operator: 'condition', replacement: 'true' }, never]
}

type Operator = (node: Node, around: Around, source: string) => readonly Change[]

const own: Readonly<Record<string, Operator>> = {
  BinaryExpression: (node, around, source) => {
    const operator = text(node, 'operator')
    // Conditions are true and false already.
    if ((operator === '===' || operator === '!==') && isTest(around)) return []
    return between(node, operators[operator] ?? [], source)
  },
  LogicalExpression: (node, _, source) => between(node, operators[text(node, 'operator')] ?? [], source),
  AssignmentExpression: (node, _, source) => {
    const other = assignments[text(node, 'operator')]
    return other === undefined ? [] : between(node, [other], source)
  },
  UpdateExpression: (node, _, source) => {
    const operator = text(node, 'operator')
    const replacement = textOf(node, source).replace(operator, operator === '++' ? '--' : '++')
    return [{ operator: 'update', replacement }]
  },
  UnaryExpression: (node, around, source) => {
    const operator = text(node, 'operator')
    const argument = child(node, 'argument')
    // Conditions are true and false already.
    if (operator === 'void') return isBody(around) ? [leftOutCall] : []
    if (!argument || (operator !== '!' && operator !== '-') || isTest(around)) return []
    return [{ operator: 'sign', replacement: `(${textOf(argument, source)})` }]
  },
  AwaitExpression: (node, _, source) => {
    const argument = child(node, 'argument')
    return argument ? [{ operator: 'await', replacement: `(${textOf(argument, source)})` }] : []
  },
  CallExpression: (node, around, source) => [...method(node, source), ...(isBody(around) ? [leftOutCall] : [])],
  ChainExpression: (_, around) => (isBody(around) ? [leftOutCall] : []),
  ExpressionStatement: node => {
    const expression = child(node, 'expression')
    const isFixed = text(node, 'directive') !== '' || (expression && child(expression, 'callee')?.type === 'Super')
    return isFixed ? [] : [{ operator: 'statement', replacement: ';' }]
  },
  ThrowStatement: () => [{ operator: 'statement', replacement: ';' }],
  ContinueStatement: () => [{ operator: 'statement', replacement: ';' }],
  BreakStatement: (_, { parent }) =>
    parent?.type === 'SwitchCase' ? [] : [{ operator: 'statement', replacement: ';' }],
  ReturnStatement: node => {
    const argument = child(node, 'argument')
    if (!argument) return [{ operator: 'statement', replacement: ';' }]
    return isNothing(argument) || argument.type === 'Literal'
      ? []
      : [{ operator: 'return', replacement: 'return undefined' }]
  },
  Literal: (node, around, source) => literal(node, around, source),
  ArrayExpression: (node, { parent }) =>
    list(node, 'elements').length === 0 || parent?.type === 'TSAsExpression'
      ? []
      : [{ operator: 'array', replacement: '[]' }],
}

const leftOutCall: Change = { operator: 'return', replacement: 'undefined' }

/** Whether a node is the whole body of an arrow function. */
function isBody({ parent, field }: Around): boolean {
  return field === 'body' && parent?.type === 'ArrowFunctionExpression'
}

function isNothing(node: Node): boolean {
  return node.type === 'Identifier' && node['name'] === 'undefined'
}

function between(node: Node, replacements: readonly string[], source: string): readonly Change[] {
  const left = child(node, 'left')
  const right = child(node, 'right')
  if (!left || !right) return []
  const middle = source.slice(left.end, right.start)
  const operator = text(node, 'operator')
  const before = source.slice(node.start, left.start) + operand(left, source)
  const after = operand(right, source) + source.slice(right.end, node.end)
  return replacements.map(other => ({
    operator,
    replacement: `${before}${middle.replace(operator, () => other)}${after}`,
  }))
}

/** A part of an expression whose operator changes, and with it what binds more strongly. */
function operand(node: Node, source: string): string {
  return node.type === 'LogicalExpression' ? `(${textOf(node, source)})` : textOf(node, source)
}

function method(node: Node, source: string): readonly Change[] {
  const callee = child(node, 'callee')
  if (callee?.type !== 'MemberExpression') return []
  const property = child(callee, 'property')
  const object = child(callee, 'object')
  const name = text(property, 'name')
  if (!property || !object) return []
  const other = methods[name]
  if (other !== undefined) {
    const replacement = source.slice(node.start, property.start) + other + source.slice(property.end, node.end)
    return [{ operator: 'method', replacement }]
  }
  return leftOut.includes(name) ? [{ operator: 'method', replacement: textOf(object, source) }] : []
}

function literal(node: Node, { parent, field }: Around, source: string): readonly Change[] {
  const { value } = node
  if (typeof value === 'boolean') return [{ operator: 'constant', replacement: String(!value) }]
  if (typeof value === 'number') {
    const raw = textOf(node, source)
    return [
      { operator: 'constant', replacement: `(${raw} + 1)` },
      { operator: 'constant', replacement: `(${raw} - 1)` },
    ]
  }
  if (typeof value !== 'string' || isSaid(parent, field)) return []
  return [{ operator: 'constant', replacement: value === '' ? "'mutant'" : "''" }]
}

/** Whether a text is a name of a field, a module, a directive, or one side of a comparison, which is negated already. */
function isSaid(parent: Node | undefined, field: string): boolean {
  if (!parent) return true
  if (parent.type === 'BinaryExpression') return ['===', '!==', 'in'].includes(text(parent, 'operator'))
  return (
    field === 'key' || field === 'source' || parent.type === 'ExpressionStatement' || parent.type === 'ImportAttribute'
  )
}

/** The calls whose texts are read by people: sentences of errors are not mutated. */
export function isSentence(node: Node): boolean {
  const callee = child(node, 'callee')
  if (node.type === 'CallExpression') return callee?.type === 'Super'
  return node.type === 'NewExpression' && isNode(callee) && text(callee, 'name').endsWith('Error')
}

export function textOf(node: Node, source: string): string {
  return source.slice(node.start, node.end)
}
