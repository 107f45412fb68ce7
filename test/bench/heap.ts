/** Bytes on the heap. */
export function heapUsed(): number {
  collect('regular')
  return process.memoryUsage().heapUsed
}

/**
 * Bytes on the heap and in the buffers of typed arrays, without compiled code that is no longer used: 5 MB of it would
 * otherwise go at some time during a long round. What runs next is slow at first.
 */
export function bytesHeld(): number {
  collect('last-resort')
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function collect(flavor: 'regular' | 'last-resort'): void {
  if (!globalThis.gc) throw new Error('start node with --expose-gc')
  // What finalizers let go of in the first collection is collected in the second.
  for (let done = 0; done < 2; done++) globalThis.gc({ type: 'major', execution: 'sync', flavor })
}
