/** The file of the inventory: a database that is opened, or made anew, and asked with SQL. */
import { rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { StatementSync } from 'node:sqlite';

import { messageOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';

/** A file of another version is made anew. The registry has all of its content as well, except for the times of last use. */
const SCHEMA_VERSION = 2;
const SCHEMA = `
  CREATE TABLE manifest (repository TEXT, digest TEXT, bytes INTEGER, pushed_at INTEGER, used_at INTEGER,
    PRIMARY KEY (repository, digest)) WITHOUT ROWID, STRICT;
  CREATE TABLE reference (repository TEXT, digest TEXT, target TEXT, asked_at INTEGER,
    PRIMARY KEY (repository, digest, target)) WITHOUT ROWID, STRICT;
  CREATE TABLE size (digest TEXT PRIMARY KEY, bytes INTEGER) WITHOUT ROWID, STRICT;
  CREATE TABLE tag (repository TEXT, name TEXT, digest TEXT, set_at INTEGER,
    PRIMARY KEY (repository, name)) WITHOUT ROWID, STRICT;
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

export type Row = Readonly<Record<string, unknown>>;

export class InventoryFile {
  readonly #database: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  private constructor(database: DatabaseSync) {
    this.#database = database;
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version']);
    if (version !== SCHEMA_VERSION) database.exec(SCHEMA);
  }

  /** Opens the file. One that is broken, or of another version, is made anew. */
  static open(path: string, log: Log): InventoryFile {
    try {
      const database = new DatabaseSync(path);
      const { user_version: version } = database.prepare('PRAGMA user_version').get() ?? {};
      const [problem] = Object.values(database.prepare('PRAGMA quick_check(1)').get() ?? {});
      if (problem === 'ok' && (version === 0 || version === SCHEMA_VERSION)) return new InventoryFile(database);
      database.close();
      log.warn('the inventory is made anew', { path, version, problem });
    } catch (error) {
      log.warn('the inventory is made anew', { path, problem: messageOf(error) });
    }
    for (const end of ['', '-wal', '-shm']) rmSync(`${path}${end}`, { force: true });
    return new InventoryFile(new DatabaseSync(path));
  }

  close(): void {
    this.#database.close();
  }

  /** Keeps all that `work` changes, or nothing where it throws. */
  together(work: () => void): void {
    this.#database.exec('BEGIN');
    try {
      work();
      this.#database.exec('COMMIT');
    } catch (error) {
      // A file that cannot grow ends it by itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }

  /** @returns how many rows were changed */
  run(sql: string, ...values: readonly (string | number)[]): number {
    return Number(this.#prepared(sql).run(...values).changes);
  }

  rows(sql: string, ...values: readonly (string | number)[]): readonly Row[] {
    return this.#prepared(sql).all(...values);
  }

  /** The same, one after the other: for what may be a million rows. The statement must not be asked again meanwhile. */
  each(sql: string, ...values: readonly (string | number)[]): Iterable<Row> {
    return this.#prepared(sql).iterate(...values);
  }

  #prepared(sql: string): StatementSync {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
