import { anyText, onOff, valued } from './flag.ts'

/** `--app`: the module of an application. */
export const app = valued(
  'FILE',
  'a module of yours that exports the party, agents or a runtime: what is compared, replayed or shown with your code',
  anyText,
)

export const json = onOff('JSON Lines on stdout, and nothing else')

export const verbose = onOff('payloads as long as they are')
