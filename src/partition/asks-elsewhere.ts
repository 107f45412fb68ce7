import type { Watermark } from '../journal/watermark.ts'

/**
 * The asks of a partition to callees elsewhere. Until the outcome of such an ask is durable, the next owner of the partition may
 * ask again under the same key, so that the callee's partition must keep its answer.
 */
export class AsksElsewhere {
  /** Nothing until it is known which asks of the last owner are under way. */
  #keys: Set<string> | undefined

  add(key: string): void {
    this.#keys ??= new Set()
    this.#keys.add(key)
  }

  /** The asks of the last owner that are still under way were all added. */
  allAdded(): void {
    this.#keys ??= new Set()
  }

  /** The outcome of an ask was appended, or its agent no longer wants it; what is appended so far says so once it is durable. */
  ended(key: string, watermark: Pick<Watermark<never>, 'whenDurable'>): void {
    const keys = this.#keys
    if (keys?.has(key)) watermark.whenDurable(() => void keys.delete(key))
  }

  /** @param key the key of an ask. An ask of several callees has a key for each callee, which begins with the ask's own key */
  mayBeRepeated(key: string): boolean {
    const keys = this.#keys
    return keys === undefined || keys.has(key) || keys.has(key.slice(0, key.lastIndexOf('/')))
  }
}
