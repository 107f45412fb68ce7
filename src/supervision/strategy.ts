/**
 * Which children are restarted when one of them is: that one alone, all of them, or those that were started after it. The
 * words and rules are those of Erlang/OTP's supervisor.
 */
export type Strategy = 'one_for_one' | 'one_for_all' | 'rest_for_one'
export const strategies: readonly Strategy[] = ['one_for_one', 'one_for_all', 'rest_for_one']

/**
 * The children that a strategy restarts together.
 *
 * @param children in the order of their start
 * @returns the failed one and its companions, in the order of their start
 */
export function affected(strategy: Strategy, children: readonly string[], failed: string): readonly string[] {
  switch (strategy) {
    case 'one_for_one':
      return [failed]
    case 'one_for_all':
      return children
    case 'rest_for_one':
      return children.slice(children.indexOf(failed))
  }
}
