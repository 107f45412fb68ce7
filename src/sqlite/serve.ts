import { parentPort } from 'node:worker_threads'
import { closeDatabase, type OpenDatabase, openDatabase } from './database.ts'
import type { Answer, FileIdentity, Place, Question, Told } from './protocol.ts'
import { failureOf } from './refusal.ts'
import { Tables } from './tables.ts'

/** Hooks for tests. */
export interface ServeOptions {
  /** Called after the last statement of a transaction, before its commit. */
  readonly beforeCommit?: () => void
}

/** Answers the questions of the main thread, one after the other, until it asks to close. */
export function serve({ beforeCommit = () => {} }: ServeOptions = {}): void {
  let journal: (OpenDatabase & { readonly tables: Tables }) | undefined

  const open = async (place: Place) => {
    const { db, files } = await openDatabase(place)
    journal = { db, files, tables: new Tables(db, { beforeCommit, afterCommit: () => files.checkCommit() }) }
    return files.identity
  }

  const answer = (question: Question): Told[keyof Told] | Promise<FileIdentity> => {
    if (question.kind === 'open') return open(question.what)
    if (!journal) throw new Error('it is not open')
    const { files, tables } = journal
    if (question.kind !== 'close') files.check()
    switch (question.kind) {
      case 'write':
        return tables.write(question.what)
      case 'read':
        return tables.read(question.what.partition, question.what.after)
      case 'partitions':
        return tables.partitions()
      case 'saved':
        return tables.saved(question.what.partition)
      case 'newest':
        return tables.newest(question.what.most)
      case 'readers':
        return tables.readers()
      case 'marks':
        return tables.marks(question.what.reader)
      case 'close':
        closeDatabase(journal)
        return null
    }
  }

  parentPort?.on('message', async (question: Question) => {
    const { id } = question
    try {
      const told = await answer(question)
      tell({ id, told }, told && 'frames' in told ? [told.frames.buffer] : [])
    } catch (error) {
      tell({ id, failure: failureOf(error) }, [])
    }
  })
}

function tell(answer: Answer, handedOver: readonly ArrayBuffer[]): void {
  parentPort?.postMessage(answer, handedOver)
}
