/**
 * Loaded before a command, makes its process send itself the signal SIGNAL as soon as it has printed TEXT. A test that waits for the
 * text and sends the signal itself may be too late on a busy machine: the process has ended.
 */
const { TEXT = '', SIGNAL } = process.env
let isSent = false

for (const stream of [process.stdout, process.stderr]) {
  const write = stream.write.bind(stream)
  Object.assign(stream, {
    write(chunk: string, ...rest: []) {
      const isWritten = write(chunk, ...rest)
      if (!isSent && chunk.includes(TEXT)) {
        isSent = true
        process.kill(process.pid, SIGNAL)
      }
      return isWritten
    },
  })
}
