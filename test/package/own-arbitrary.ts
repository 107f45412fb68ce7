import assert from 'node:assert/strict'
import * as fc from 'fast-check'
import { defineEvent } from 'troupe'
import { eventsOf } from 'troupe/testing/paths'
import * as z from 'zod'

const rated = defineEvent('trip.rated', z.object({ stars: z.int().min(1).max(5), why: z.string().max(200).optional() }))

const isGood = ({ stars }: { stars: number }) => stars > 3

fc.assert(fc.property(eventsOf(rated), ({ data }) => assert.equal(isGood(data), data.stars === 4 || data.stars === 5)))
