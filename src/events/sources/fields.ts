import * as z from 'zod'

/** Fields that several of the ready event groups have. */

/** An amount of money as a decimal string, because floats lose cents. */
export const money = z.string().regex(/^\d+(\.\d+)?$/, 'expected a decimal string such as "0.0125"')
export const currency = z.string().default('USD')
/** How long something took, in milliseconds. */
export const durationMs = z.number().nonnegative()
export const count = z.int().nonnegative()
/** Anything that JSON can carry, by name. */
export const details = z.record(z.string(), z.json())
/** The id of something that an event is about. */
export const id = z.string().min(1)
export const severity = z.enum(['low', 'medium', 'high', 'critical'])
