/** How commands end. */
export const exitCodes = {
  ok: 0,
  /** Something that was asserted is not so. */
  failed: 1,
  usage: 2,
  environment: 3,
  timeout: 4,
  interrupted: 130,
} as const

/** One of them. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]
