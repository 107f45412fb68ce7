import { defineCatalog, defineEvent } from 'troupe'
import * as z from 'zod'

// Version 1 had one name, version 2 several; version 3 says how many seats they need.
const booked = defineEvent('tables.booked', z.object({ names: z.array(z.string()), seats: z.int().min(1) }), {
  description: 'A table is booked.',
  version: 3,
  upcast: {
    1: ({ name }) => ({ names: [name] }),
    2: ({ names }) => ({ names, seats: Array.isArray(names) ? names.length : 1 }),
  },
})

const catalog = defineCatalog([booked])
console.log(catalog.check({ type: 'tables.booked', data: { name: 'Ada' }, version: 1 }).data) // { names: [ 'Ada' ], seats: 1 }
console.log(catalog.jsonSchemas()['tables.booked']?.$id) // urn:troupe:event:tables.booked:3
