import type { IncomingMessage } from 'node:http'

/**
 * Names of this machine, with an optional port, as in the header `Host`. Names are compared as they are, without decoding or DNS.
 */
const localHost = /^(?:localhost|127\.0\.0\.1)(?::([1-9]\d{0,4}))?$/i

/**
 * Whether a request comes from a program or a page of this machine. Every page in a browser can connect to this machine,
 * and a foreign domain can be made to point to it, so both headers must be there once and name this machine.
 */
export function isLocal({ headersDistinct: { host, origin } }: IncomingMessage): boolean {
  return isOnly(host, isLocalHost) && (origin === undefined || isOnly(origin, isLocalOrigin))
}

function isOnly(values: readonly string[] | undefined, isRight: (value: string) => boolean): boolean {
  const [value, ...others] = values ?? []
  return value !== undefined && others.length === 0 && isRight(value)
}

function isLocalHost(host: string): boolean {
  const [whole, port = '80'] = localHost.exec(host) ?? []
  return whole !== undefined && Number(port) <= 65_535
}

function isLocalOrigin(origin: string): boolean {
  const [, host] = /^https?:\/\/(.*)$/.exec(origin) ?? []
  return host !== undefined && isLocalHost(host)
}
