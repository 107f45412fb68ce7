import * as z from 'zod'

/** A JSON Schema of draft 2020-12. */
export type JsonSchema = z.core.JSONSchema.BaseSchema

/**
 * The name of the schema of one version of a type, as CloudEvents say it in `dataschema`.
 *
 * @example
 * schemaUrn('party.input.added', 1) // 'urn:troupe:event:party.input.added:1'
 */
export function schemaUrn(type: string, version: number): string {
  return `urn:troupe:event:${encodeURIComponent(type)}:${version}`
}

/** The JSON Schema of what events of one type carry when they are delivered: defaults are filled in. */
export function jsonSchemaOf(type: string, version: number, schema: z.ZodType, description: string): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'output' })
  return {
    $schema: $schema ?? 'https://json-schema.org/draft/2020-12/schema',
    $id: schemaUrn(type, version),
    title: type,
    ...(description !== '' && { description }),
    ...rest,
  }
}
