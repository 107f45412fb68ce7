import type { DatabaseSync, SQLInputValue } from 'node:sqlite'
import { Kysely, SqliteDialect, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'

/**
 * All changes of the tables since the first version, in order. Existing entries never change; new entries are added at the end.
 */
const migrations: Record<string, Migration> = {
  '001-tables': {
    async up(db) {
      const { schema } = db
      await schema
        .createTable('partitions')
        // An id is never used again, so that ids follow the order of creation.
        .addColumn('id', 'integer', column => column.primaryKey().autoIncrement())
        .addColumn('name', 'text', column => column.notNull().unique())
        .addColumn('epoch', 'integer', column => column.notNull())
        .addColumn('position', 'integer', column => column.notNull())
        .addColumn('pruned', 'integer', column => column.notNull())
        .addColumn('largest', 'integer', column => column.notNull())
        .execute()
      await schema
        .createTable('frames')
        .addColumn('id', 'integer', column => column.primaryKey())
        .addColumn('partition', 'integer', column => column.notNull())
        .addColumn('position', 'integer', column => column.notNull())
        .addColumn('follows', 'integer', column => column.notNull())
        .addColumn('crc', 'integer', column => column.notNull())
        .addColumn('body', 'text', column => column.notNull())
        .execute()
      await schema.createIndex('frames_in_order').on('frames').columns(['partition', 'position']).unique().execute()
      await schema
        .createTable('checkpoints')
        .addColumn('partition', 'integer', column => column.notNull())
        .addColumn('agent', 'text', column => column.notNull())
        .addColumn('crc', 'integer', column => column.notNull())
        .addColumn('body', 'text', column => column.notNull())
        .addUniqueConstraint('one_for_each_agent', ['partition', 'agent'])
        .execute()
      await schema
        .createTable('snapshots')
        .addColumn('partition', 'integer', column => column.primaryKey())
        .addColumn('position', 'integer', column => column.notNull())
        .addColumn('hash', 'text', column => column.notNull())
        .addColumn('crc', 'integer', column => column.notNull())
        .addColumn('body', 'text', column => column.notNull())
        .execute()
      await schema
        .createTable('marks')
        .addColumn('reader', 'text', column => column.notNull())
        .addColumn('partition', 'text', column => column.notNull())
        .addColumn('position', 'integer', column => column.notNull())
        .addColumn('crc', 'integer', column => column.notNull())
        .addPrimaryKeyConstraint('one_for_each_reader', ['reader', 'partition'])
        .execute()
      await schema.createIndex('marks_in_partition').on('marks').column('partition').execute()
      await sql`PRAGMA user_version = 1`.execute(db)
    },
  },
  '002-changes': {
    async up(db) {
      const { schema } = db
      await schema
        .createTable('changes')
        .addColumn('id', 'integer', column => column.primaryKey())
        .addColumn('partition', 'integer', column => column.notNull())
        .addColumn('agent', 'text', column => column.notNull())
        .addColumn('crc', 'integer', column => column.notNull())
        .addColumn('body', 'text', column => column.notNull())
        .execute()
      await schema.createIndex('changes_of_agent').on('changes').columns(['partition', 'agent', 'id']).execute()
      await sql`PRAGMA user_version = 2`.execute(db)
    },
  },
}

/** Brings the tables to the newest version. If that fails, the tables stay as they were. */
export async function migrate(database: DatabaseSync): Promise<void> {
  const db = new Kysely<unknown>({
    dialect: new SqliteDialect({
      database: {
        close: () => {},
        prepare(text) {
          const statement = database.prepare(text)
          return {
            reader: /^\s*(select|pragma)|\breturning\b/i.test(text),
            all: values => statement.all(...inputs(values)),
            run: values => statement.run(...inputs(values)),
            iterate: values => statement.iterate(...inputs(values)),
          }
        },
      },
    }),
  })
  const provider = { getMigrations: async () => migrations }
  // Kysely uses no transaction with SQLite, and the process may end in the middle. Closing the database rolls the transaction
  // back.
  database.exec('BEGIN IMMEDIATE')
  const { error } = await new Migrator({ db, provider }).migrateToLatest()
  if (error !== undefined) throw error
  database.exec('COMMIT')
}

/** Checks the types: migrations pass only numbers and texts to their statements. */
function inputs(values: readonly unknown[]): SQLInputValue[] {
  return values.map(value => (typeof value === 'number' ? value : String(value)))
}
