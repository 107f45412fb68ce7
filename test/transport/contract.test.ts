import { localTransport } from 'troupe'
import { channelTransport, transportContract } from 'troupe/testing'
import { describe, it } from 'vitest'

describe('a transport that hands messages over at once', () => {
  for (const { name, run } of transportContract(() => localTransport())) it(name, run)
})

describe('a transport of message channels', () => {
  for (const { name, run } of transportContract(() => channelTransport())) it(name, run)
})
