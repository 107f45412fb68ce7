import { defineAgent, type EffectLogic, effect } from 'troupe'
import * as z from 'zod'
import { type AnalysedInput, analysedInput, type PartyInput } from '../party/schemas.ts'
import { classify } from './classify.ts'
import { extract } from './extract.ts'
import { hears, inputAnalyzerMachine, says } from './machine.ts'

/** Reads an input: its category, and its meaning. Replace it to let a model read. */
export type Reader = (
  input: PartyInput,
  scope: { readonly today: string; readonly signal: AbortSignal },
) => Promise<AnalysedInput>

/** Reads by rules and word lists; needs no model, and gives the same answer every time. */
export const readByRules: Reader = async ({ inputId, content, tags, metadata }, { today }) => ({
  inputId,
  categories: classify({ content, tags, metadata }).categories,
  facts: extract(content, { today, tags }),
})

/** Understands what people write, and decides which agents have to search. */
export const inputAnalyzerAgent = (read: Reader = readByRules) => {
  const analyse: EffectLogic<PartyInput | null, AnalysedInput> = effect(
    'read-input',
    async (input: PartyInput | null, { now, signal }) => {
      if (!input) throw new TypeError('There is no input to read.')
      const answer = await read(input, { today: new Date(now()).toISOString().slice(0, 10), signal })
      const analysed = analysedInput.safeParse({ ...answer, inputId: input.inputId })
      if (!analysed.success)
        throw new TypeError(`What the reader said cannot be used:\n${z.prettifyError(analysed.error)}`)
      return analysed.data
    },
  )
  // People paste whole lists of wishes at once. The mailbox has room, so that no wish is refused.
  return defineAgent({ name: 'input-analyzer', machine: inputAnalyzerMachine(analyse), hears, says })
}
