/** How commands end. */
export const exitCodes = {
  ok: 0,
  /** An assert does not hold, or something is not as it should be. */
  failed: 1,
  usage: 2,
  environment: 3,
  timeout: 4,
  interrupted: 130,
} as const

/** How a command ended. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
