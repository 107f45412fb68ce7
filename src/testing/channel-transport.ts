import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { Address, Message, Transport } from '../index.ts'

/** What a channel transport does with messages. */
export interface ChannelOptions {
  /** Called with each message; `true` loses it. */
  readonly lose?: (to: Address, message: Message) => boolean
}

/** A channel of one partition: the port that gets what is sent to it, and the port that its messages come out of. */
interface Channel {
  readonly entrance: MessagePort
  close(): void
}

/**
 * A transport that sends each message through a `MessageChannel`, so that the receiver gets a copy, later. Partitions that run on it
 * share nothing, as if they were in different threads.
 *
 * @example
 * const runtime = createRuntime({ party: trip, transport: channelTransport() })
 *
 * @param options `lose`: called with each message; `true` loses it
 */
export function channelTransport({ lose = () => false }: ChannelOptions = {}): Transport {
  const channels = new Map<Address, Channel>()
  return {
    open(address, receive) {
      channels.get(address)?.close()
      const channel = channelTo(receive)
      channels.set(address, channel)
      return () => {
        if (channels.get(address) === channel) channels.delete(address)
        channel.close()
      }
    },
    send(to, message, undelivered) {
      const channel = channels.get(to)
      if (!channel) void Promise.resolve().then(undelivered)
      else if (!lose(to, message)) channel.entrance.postMessage(message, [])
    },
    close() {
      for (const channel of channels.values()) channel.close()
      channels.clear()
    },
  }
}

function channelTo(receive: (message: Message) => void): Channel {
  const { port1: entrance, port2: exit } = new MessageChannel()
  exit.on('message', receive)
  // What is open does not keep the process alive: the deadlines of asks do.
  exit.unref()
  entrance.unref()
  return { entrance, close: () => exit.close() }
}
