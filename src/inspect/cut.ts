/** Most bytes of a value's JSON. */
const longest = 16_384

/** The value in a form that JSON can hold; if it is too long to be shown, only its length. */
export function cut(value: unknown): unknown {
  const text = JSON.stringify(value)
  if (text === undefined || text.length * 3 <= longest) return value
  const bytes = Buffer.byteLength(text)
  return bytes <= longest ? value : { cut: true, bytes }
}
