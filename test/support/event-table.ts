import type { Definition, EventDefinition, JsonSchema, RequestDefinition } from 'troupe'
import type { Publisher } from 'troupe/events'
import * as z from 'zod'

/** The tables of events in the READMEs, as Markdown, made from the definitions. */

/** A table of events, the first column being their types. */
export function eventTable(
  definitions: readonly EventDefinition[],
  saidBy: (definition: EventDefinition) => string,
): string {
  const rows = definitions.map(one => [
    `\`${one.type}\``,
    one.description,
    fieldsOf(one.schema),
    saidBy(one),
    `${one.version}`,
    `${one.priority}`,
    one.ttl === undefined ? '' : `${one.ttl} ms`,
    journalled(one.persist),
    one.tags.join(', '),
  ])
  return table(['Event', 'What it says', 'Fields', 'Said by', 'Version', 'Priority', 'TTL', 'Journalled', 'Tags'], rows)
}

/** A table of requests. */
export function requestTable(
  definitions: readonly RequestDefinition[],
  answeredBy: (definition: Definition) => string,
): string {
  const rows = definitions.map(one => [
    `\`${one.type}\``,
    one.description,
    fieldsOf(one.input),
    fieldsOf(one.output),
    answeredBy(one),
  ])
  return table(['Request', 'What it is for', 'Asked with', 'Answered with', 'Answered by'], rows)
}

function journalled(persist: EventDefinition['persist']): string {
  if (persist === 'by-rule') return 'by rule'
  return persist ? 'yes' : ''
}

/** Who publishes an event, in words. */
export function publisherWords(publisher: Publisher): string {
  if (publisher.by === 'user') return 'you'
  if (publisher.by === 'later') return `later: ${publisher.part}`
  if (publisher.follows.length === 0) return 'the runtime'
  return `echo of ${publisher.follows.map(type => `\`${type}\``).join(', ')}`
}

/** A README with new tables between `<!-- table: name -->` and `<!-- end -->`. */
export function withTables(readme: string, tables: Readonly<Record<string, () => string>>): string {
  return readme.replaceAll(/(<!-- table: ([a-z-]+) -->\n)[\s\S]*?(<!-- end -->)/g, (_, begin, name, end) => {
    const make = tables[name]
    if (!make) throw new Error(`no table is called ${name}`)
    return `${begin}\n${make()}\n${end}`
  })
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  return [head, head.map(() => '---'), ...rows].map(line).join('')
}

type Field = { readonly words: Set<string>; isOptional: boolean }

/** The fields of a payload; `?` marks optional ones. */
function fieldsOf(schema: z.ZodType): string {
  const json: JsonSchema = z.toJSONSchema(schema, { io: 'input' })
  const variants = (json.oneOf ?? json.anyOf ?? [json]).map(asSchema)
  const fields = new Map<string, Field>()
  for (const { properties = {}, required = [] } of variants)
    for (const [name, value] of Object.entries(properties)) {
      const field = fields.get(name) ?? { words: new Set(), isOptional: false }
      fields.set(name, field)
      field.words.add(wordFor(asSchema(value)))
      field.isOptional ||= !required.includes(name)
    }
  const described = [...fields].map(([name, { words, isOptional }]) => {
    const isEverywhere = variants.every(({ properties = {} }) => name in properties)
    return `${name}${isOptional || !isEverywhere ? '?' : ''}: ${[...words].join(' or ')}`
  })
  return described.length === 0 ? 'none' : `\`${described.join('; ')}\``
}

function wordFor({ $ref, const: only, enum: words, oneOf, anyOf = oneOf, type, ...schema }: JsonSchema): string {
  if ($ref !== undefined) return 'json'
  if (only !== undefined) return `${only}`
  if (words) return words.join('/')
  if (anyOf) return [...new Set(anyOf.map(one => wordFor(asSchema(one))))].join(' or ')
  if (type === 'array') return listOf(wordFor(asSchema(schema.items)))
  if (type !== 'object') return typeof type === 'string' ? type : 'json'
  const { properties, required = [] } = schema
  if (!properties) return `map of ${wordFor(asSchema(schema.additionalProperties))}`
  return `{ ${Object.keys(properties)
    .map(name => (required.includes(name) ? name : `${name}?`))
    .join(', ')} }`
}

function listOf(word: string): string {
  return /[/ ]/.test(word) && !word.startsWith('{') ? `(${word})[]` : `${word}[]`
}

/** A schema may be `true` or missing: both allow any value. */
function asSchema(schema: unknown): JsonSchema {
  return isObject(schema) ? schema : {}
}

function isObject(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
