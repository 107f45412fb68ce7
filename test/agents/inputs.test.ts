import { feedbackGiven, inputRemoved } from 'troupe/agents'
import { expect, test } from 'vitest'
import { planned, startPlanner } from './support.ts'

test('an input keeps where it came from, its tags, who added it and its metadata', async () => {
  const { party } = await planned([])
  const input = {
    inputId: 'photo-1',
    content: 'a picture of a cake',
    sourceType: 'image',
    tags: ['unicorn', 'from grandma'],
    addedBy: 'grandma',
    metadata: { url: 'https://example.org/cake.png', width: 800, labels: ['cake', 'pink'] },
  } as const
  expect(
    await party.addInput({
      ...input,
      tags: [...input.tags],
      metadata: { ...input.metadata, labels: ['cake', 'pink'] },
    }),
  ).toMatchObject(input)
  expect(party.state.inputs.get('photo-1')).toMatchObject(input)
})

test('a bare text is an input of a user', async () => {
  const { party } = await planned(['vegan cake'])
  expect([...party.state.inputs]).toMatchObject([
    { inputId: expect.any(String), content: 'vegan cake', sourceType: 'text', tags: [], addedBy: 'user' },
  ])
})

test.each(['text', 'image', 'url', 'upload'] as const)('an input may be of the kind %s', async sourceType => {
  const { party } = await planned([])
  await party.addInput({ content: 'jungle theme', sourceType })
  await party.idle()
  expect(party.state.results.theme?.name).toBe('jungle')
})

test('tags are read like the text', async () => {
  const { party } = await planned([])
  const { inputId } = await party.addInput({ content: 'see the picture', tags: ['cake'] })
  await party.idle()
  expect(party.state.brief?.wanted).toEqual({ cake: [inputId] })
})

test('metadata that names an agent sets it searching', async () => {
  const { party } = await planned([])
  await party.addInput({ content: 'see the picture', metadata: { agent: 'cake_agent' } })
  await party.idle()
  expect(Object.keys(party.state.results)).toEqual(['cake'])
})

test('a removal tells who removed the input and why', async () => {
  const { runtime } = await startPlanner()
  const removals: unknown[] = []
  runtime.bus.subscribe(inputRemoved, ({ data }) => void removals.push(data))
  const party = await runtime.parties.create({
    inputs: [
      { inputId: 'a', content: 'cake' },
      { inputId: 'b', content: 'cake' },
    ],
  })
  await party.removeInput('a', { removedBy: 'grandma', reason: 'duplicate' })
  await party.removeInput('b')
  expect(removals).toEqual([
    { inputId: 'a', removedBy: 'grandma', reason: 'duplicate' },
    { inputId: 'b', removedBy: 'user', reason: 'user_action' },
  ])
})

test('what people say of a plan is kept in the state of their party', async () => {
  const { runtime, party } = await planned(['vegan cake'])
  const say = async (feedback: string, rating?: number) =>
    runtime.bus.publish(feedbackGiven({ feedback, ...(rating && { rating }) }), { party: party.id })
  await say('Lovely, but too far away', 4)
  await say('Now it is perfect')
  expect(party.state.userFeedback).toEqual([
    { feedback: 'Lovely, but too far away', rating: 4, givenBy: 'user' },
    { feedback: 'Now it is perfect', givenBy: 'user' },
  ])
  await expect(say('', 4)).rejects.toMatchObject({ code: 'EVENT_PAYLOAD' })
})
