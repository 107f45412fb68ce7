import type { Command } from './command.ts'
import type { Flags } from './flag.ts'
import { wrap } from './wrap.ts'

/** The texts in the help of a program, besides its commands and flags. */
export interface HelpText {
  /** What the program is for, and how it is called. */
  readonly about: string
  readonly commands: readonly Command[]
  /** The command that runs if no command is named. */
  readonly alone?: Command
  /** Text below the commands. */
  readonly notes?: string
  /** The exit codes, in one line. */
  readonly exits: string
  /** Most columns of a line. */
  readonly columns: number
}

/** The text of `--help`. */
export function helpOf({ about, commands, alone, notes, exits, columns }: HelpText, flags: Flags): string {
  const all = [...commands, ...(alone ? [alone] : [])]
  const parts = [
    about,
    listed(
      all.flatMap(({ help }) => Object.entries(help)),
      columns,
    ),
    ...(notes === undefined ? [] : [notes]),
    listed(
      Object.entries(flags).flatMap(([name, flag]) =>
        flag.help === undefined ? [] : [[usageOf(name, flag), flag.help]],
      ),
      columns,
    ),
    wrap(exits, columns).join('\n'),
  ]
  return `${parts.join('\n\n')}\n`
}

function usageOf(name: string, { short, value }: Flags[string]): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`
}

/** A list in two columns: what to type, and what it does. */
function listed(items: readonly (readonly [string, string])[], columns: number): string {
  const width = Math.max(...items.map(([usage]) => usage.length)) + 4
  const lines = items.flatMap(([usage, text]) =>
    wrap(text, columns - width).map((line, place) => `${(place === 0 ? `  ${usage}` : '').padEnd(width)}${line}`),
  )
  return lines.join('\n')
}
