import { defineEvent } from 'troupe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { startRuntime } from '../support/runtime.ts'

describe('a payload', () => {
  it('with a readonly schema is frozen inside too', () => {
    const listed = defineEvent('x.listed', z.object({ list: z.array(z.string()) }).readonly())
    const { data } = listed({ list: ['a'] })
    expect(Object.isFrozen(data.list)).toBe(true)
  })

  it('that is too deep is refused with EVENT_PAYLOAD', async () => {
    const anything = defineEvent('x.anything', z.object({ any: z.unknown() }))
    let deep: unknown = []
    for (let n = 0; n < 100_000; n++) deep = [deep]
    let code: unknown
    try {
      anything({ any: deep })
    } catch (error) {
      code = Reflect.get(error as object, 'code') ?? String(error)
    }
    expect(code).toBe('EVENT_PAYLOAD')
  })

  it('with a strange prototype is refused with EVENT_PAYLOAD', async () => {
    const anything = defineEvent('x.anything', z.object({ any: z.unknown() }))
    let code: unknown
    try {
      anything({ any: Object.create(Object.create(null)) })
    } catch (error) {
      code = Reflect.get(error as object, 'code') ?? String(error)
    }
    expect(code).toBe('EVENT_PAYLOAD')
  })
})

it('a subscriber cannot change the tags of a definition', async () => {
  const tagged = defineEvent('x.tagged', z.object({}), { tags: ['one'] })
  const { runtime } = await startRuntime({ events: [tagged] })
  runtime.bus.subscribe(tagged, ({ tags }) => void Array.prototype.push.call(tags, 'two'))
  await runtime.bus.publish(tagged({}))
  expect(tagged.tags).toEqual(['one'])
})
