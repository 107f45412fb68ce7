import * as z from 'zod'

/** A JSON Schema of draft 2020-12. */
export type JsonSchema = z.core.JSONSchema.BaseSchema

/**
 * The URN of the schema of one version of a type, as the CloudEvents attribute `dataschema` holds it.
 *
 * @example
 * schemaUrn('party.input.added', 1) // 'urn:troupe:event:party.input.added:1'
 */
export function schemaUrn(type: string, version: number): string {
  return `urn:troupe:event:${encodeURIComponent(type)}:${version}`
}

/** The JSON Schema of the payload of one type as delivered, with defaults filled in. */
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
