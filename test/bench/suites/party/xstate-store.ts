import { createStore } from '@xstate/store'
import { updateRounds } from './updates.ts'

interface Input {
  readonly inputId: string
  readonly content: string
}

interface Memory {
  readonly inputs: readonly Input[]
  readonly version: number
}

/** A list that is copied at every change: faster than a record, of any size. */
export const xstateStore = updateRounds(ids => {
  const context: Memory = { inputs: ids.map(inputId => ({ inputId, content: 'vegan cake' })), version: 0 }
  const store = createStore({
    context,
    on: {
      added: (context, { input }: { readonly input: Input }) => ({
        ...context,
        inputs: [...context.inputs, input],
        version: context.version + 1,
      }),
      removed: (context, { inputId }: { readonly inputId: string }) => ({
        ...context,
        inputs: context.inputs.toSpliced(
          context.inputs.findIndex(input => input.inputId === inputId),
          1,
        ),
        version: context.version + 1,
      }),
    },
  })
  return {
    exchange(exchanges) {
      for (const { out, into } of exchanges) {
        store.trigger.added({ input: { inputId: into, content: 'vegan cake' } })
        store.trigger.removed({ inputId: out })
      }
    },
    inputs: () => new Set(store.getSnapshot().context.inputs.map(({ inputId }) => inputId)),
  }
})
