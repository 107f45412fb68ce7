import { aroundContract, createSimulatedClock, type RecordedSpan, recordSpans } from 'troupe/testing'
import { describe, expect, it } from 'vitest'

/** A recorder, whose spans are numbered in the order in which they began. */
function recorded() {
  const recorder = recordSpans(createSimulatedClock())
  const all: RecordedSpan[] = []
  const flat = (spans: readonly RecordedSpan[]): readonly RecordedSpan[] =>
    spans.flatMap(span => [span, ...flat(span.children)])
  const idOf = (span: RecordedSpan) => `${all.indexOf(span)}`
  const seen = () => {
    for (const span of flat(recorder.roots)) if (!all.includes(span)) all.push(span)
    return all.map(span => ({ id: idOf(span), parent: span.parent && idOf(span.parent), status: span.how?.status }))
  }
  return { around: recorder, seen }
}

describe('a recorder of spans', () => {
  for (const { name, run } of aroundContract(recorded)) it(name, run)
})

describe('the contract', () => {
  it('refuses an around that does not call what its span is about', async () => {
    const around = { begin: () => ({ run: () => {}, end: () => {} }) }
    const cases = aroundContract(() => ({ around }), { records: false })
    const broken = cases.find(({ name }) => name.startsWith('calls what'))
    await expect(broken?.run()).rejects.toThrow()
  })

  it('refuses an around whose spans cannot be looked at, unless it says so', async () => {
    const around = { begin: () => undefined }
    const recording = aroundContract(() => ({ around })).filter(({ name }) => name.startsWith('records'))
    for (const { run } of recording) await expect(run()).rejects.toThrow('records: false')
    for (const { run } of aroundContract(() => ({ around }), { records: false })) await run()
  })
})
