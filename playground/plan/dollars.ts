/** An amount as people write it: 1500 becomes "$1,500". */
export function dollars(amount: number): string {
  return `$${amount.toLocaleString('en-US')}`
}

/** From the least to the most, or one amount when both are the same. */
export function dollarRange({ min, max }: { readonly min: number; readonly max: number }): string {
  return min === max ? dollars(min) : `${dollars(min)} to ${dollars(max)}`
}
