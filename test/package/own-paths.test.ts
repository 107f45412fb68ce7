import { never, restarted } from 'troupe/testing'
import { pathsOf } from 'troupe/testing/paths'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { baker } from './own-baker.ts'

const { paths, missed, failures } = pathsOf(baker, { outputs: { bake: z.url() } })

it.each(paths)('the baker needs no restart on this way: $name', async ({ play }) => {
  never(await play(), restarted('runtime/baker'))
})

it('no state and no transition of the baker is left out, and no order makes it fail', () => {
  expect(missed).toEqual({ states: [], transitions: [] })
  expect(failures).toEqual([])
})
