import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { numberIn, textIn } from './columns.ts'
import { idOf } from './partitions.ts'
import type { CheckpointRow } from './protocol.ts'
import { Refusal } from './refusal.ts'

/**
 * Two tables: the checkpoint of each agent, and the later changes of long checkpoints. The checksum of a change continues the
 * checksum of what it changes, so that a missing change is noticed.
 */
export class Checkpoints {
  readonly #put: StatementSync
  readonly #drop: StatementSync
  readonly #all: StatementSync
  readonly #remove: StatementSync
  readonly #change: StatementSync
  readonly #crc: StatementSync
  readonly #lastChange: StatementSync
  readonly #changes: StatementSync
  readonly #dropChanges: StatementSync
  readonly #removeChanges: StatementSync
  /** Partitions that may have changes; the others have none. */
  readonly #changed: Set<number>

  constructor(db: DatabaseSync) {
    this.#put = db.prepare(
      'INSERT INTO checkpoints (partition, agent, crc, body) VALUES (?, ?, ?, ?) ON CONFLICT (partition, agent) DO UPDATE SET crc = excluded.crc, body = excluded.body',
    )
    this.#drop = db.prepare('DELETE FROM checkpoints WHERE partition = ? AND agent = ?')
    this.#all = db.prepare('SELECT agent, crc, body FROM checkpoints WHERE partition = ?')
    this.#remove = db.prepare(`DELETE FROM checkpoints WHERE partition = ${idOf}`)
    this.#change = db.prepare('INSERT INTO changes (partition, agent, crc, body) VALUES (?, ?, ?, ?)')
    this.#crc = db.prepare('SELECT crc FROM checkpoints WHERE partition = ? AND agent = ?')
    this.#lastChange = db.prepare('SELECT crc FROM changes WHERE partition = ? AND agent = ? ORDER BY id DESC LIMIT 1')
    this.#changes = db.prepare('SELECT crc, body FROM changes WHERE partition = ? AND agent = ? ORDER BY id')
    this.#dropChanges = db.prepare('DELETE FROM changes WHERE partition = ? AND agent = ?')
    this.#removeChanges = db.prepare(`DELETE FROM changes WHERE partition = ${idOf}`)
    const rows = db.prepare('SELECT DISTINCT partition FROM changes').all()
    this.#changed = new Set(rows.map(row => numberIn(row, 'partition')))
  }

  put(partition: number, agent: string, body: string | undefined): void {
    if (body === undefined) this.#drop.run(partition, agent)
    else this.#put.run(partition, agent, crcOf(agent, body), body)
    if (this.#changed.has(partition)) this.#dropChanges.run(partition, agent)
  }

  /** Adds a change to the checkpoint of an agent. */
  change(partition: number, agent: string, body: string): void {
    const before = this.#lastChange.get(partition, agent) ?? this.#crc.get(partition, agent)
    this.#changed.add(partition)
    this.#change.run(partition, agent, crc32(body, numberIn(before, 'crc')), body)
  }

  /** @throws Refusal when a checkpoint is damaged */
  all(name: string, partition: number): readonly CheckpointRow[] {
    return this.#all.all(partition).map(row => {
      const [agent, body] = [textIn(row, 'agent'), textIn(row, 'body')]
      let crc = crcOf(agent, body)
      const check = (stored: unknown) => {
        if (crc !== stored)
          throw new Refusal({ code: 'corrupt', partition: name, what: `the checkpoint of "${agent}"` })
      }
      check(row['crc'])
      const changes = this.#changed.has(partition) ? this.#changes.all(partition, agent) : []
      const bodies = changes.map(change => {
        const text = textIn(change, 'body')
        crc = crc32(text, crc)
        check(change['crc'])
        return text
      })
      return [agent, body, bodies]
    })
  }

  remove(name: string): void {
    this.#removeChanges.run(name)
    this.#remove.run(name)
  }
}

function crcOf(agent: string, body: string): number {
  return crc32(body, crc32(agent))
}
