import { didYouMean } from '../nearest.ts'
import { UsageError } from './usage-error.ts'

/** Checks that each option is known. @throws UsageError that names the option that was probably meant */
export function checkFlags(args: readonly string[], flags: Readonly<Record<string, unknown>>): void {
  for (const arg of args) {
    const [, word] = /^--([^=]+)/.exec(arg) ?? []
    if (word === undefined || Object.hasOwn(flags, word)) continue
    throw new UsageError(`There is no option "--${word}".${didYouMean(word, Object.keys(flags)) || ' See --help.'}`)
  }
}

/** @throws UsageError */
export function wholeNumber(option: string, text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(number))
    throw new UsageError(`${option} is "${text}". Give a whole number, for example ${option} 7.`)
  return number
}

/** @throws UsageError */
export function countOf(option: string, text: string): number {
  const count = wholeNumber(option, text)
  if (count >= 0) return count
  throw new UsageError(`${option} is "${text}". Give 0 or more, for example ${option} 12.`)
}

/** @throws UsageError */
export function portOf(text: string): number {
  const port = wholeNumber('--port', text)
  if (port >= 0 && port <= 65_535) return port
  throw new UsageError(`--port is "${text}". Give one from 0 to 65535; 0 is any that is free.`)
}
