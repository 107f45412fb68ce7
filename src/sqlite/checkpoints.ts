import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { crc32 } from 'node:zlib'
import { textIn } from './columns.ts'
import { idOf } from './partitions.ts'
import type { CheckpointRow } from './protocol.ts'
import { Refusal } from './refusal.ts'

/** The table of checkpoints: one row for each agent. */
export class Checkpoints {
  readonly #put: StatementSync
  readonly #drop: StatementSync
  readonly #all: StatementSync
  readonly #remove: StatementSync

  constructor(db: DatabaseSync) {
    this.#put = db.prepare(
      'INSERT INTO checkpoints (partition, agent, crc, body) VALUES (?, ?, ?, ?) ON CONFLICT (partition, agent) DO UPDATE SET crc = excluded.crc, body = excluded.body',
    )
    this.#drop = db.prepare('DELETE FROM checkpoints WHERE partition = ? AND agent = ?')
    this.#all = db.prepare('SELECT agent, crc, body FROM checkpoints WHERE partition = ?')
    this.#remove = db.prepare(`DELETE FROM checkpoints WHERE partition = ${idOf}`)
  }

  put(partition: number, agent: string, body: string | undefined): void {
    if (body === undefined) this.#drop.run(partition, agent)
    else this.#put.run(partition, agent, crcOf(agent, body), body)
  }

  /** @throws Refusal when one is not as it was written */
  all(name: string, partition: number): readonly CheckpointRow[] {
    return this.#all.all(partition).map(row => {
      const [agent, body] = [textIn(row, 'agent'), textIn(row, 'body')]
      if (crcOf(agent, body) !== row['crc'])
        throw new Refusal({ code: 'corrupt', partition: name, what: `the checkpoint of "${agent}"` })
      return [agent, body]
    })
  }

  remove(name: string): void {
    this.#remove.run(name)
  }
}

function crcOf(agent: string, body: string): number {
  return crc32(body, crc32(agent))
}
