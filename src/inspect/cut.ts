/** How many bytes of JSON a value may have. */
const longest = 16_384

/** The value, or how long it is, if it is too long to be shown; as JSON can hold it. */
export function cut(value: unknown): unknown {
  const text = JSON.stringify(value)
  if (text === undefined || text.length * 3 <= longest) return value
  const bytes = Buffer.byteLength(text)
  return bytes <= longest ? value : { cut: true, bytes }
}
