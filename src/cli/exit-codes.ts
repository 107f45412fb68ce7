/** The exit codes of commands. */
export const exitCodes = {
  ok: 0,
  /** An assert does not hold, or a check failed. */
  failed: 1,
  usage: 2,
  environment: 3,
  timeout: 4,
  interrupted: 130,
} as const

/** The exit code of a command. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
