import * as z from 'zod'
import { defineEvent } from '../event.ts'

/** An event of whatever kind its name says. */
export const custom = defineEvent('custom', z.object({ name: z.string().min(1), data: z.json().default(null) }), {
  tags: ['custom'],
  description: 'Something happened that has a name but no definition of its own.',
})
