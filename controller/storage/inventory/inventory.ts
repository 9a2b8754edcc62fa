import type { Log } from '../../../shared/log.ts';
import { InventoryFile } from './inventory-file.ts';
import type { Row } from './inventory-file.ts';
import type { Reference, StoredEntry, StoredManifest } from './stored-entry.ts';

/** An entry while its tags and references are read. */
interface ListedEntry extends StoredEntry {
  readonly tags: string[];
  readonly references: Reference[];
}

/** The tags of a repository. */
interface WalkedTags {
  readonly found: ReadonlyMap<string, StoredManifest>;
  /** They are there, and nobody knows what they lead to now: what is known of them stays. */
  readonly unread: ReadonlySet<string>;
}

/** The registry tells of a pull at most this long after the push that came in between. */
const UNDER_WAY_MS = 60_000;

/** What the registry holds, as far as it is known; in a file that may be lost. */
export class Inventory {
  readonly #file: InventoryFile;

  private constructor(file: InventoryFile) {
    this.#file = file;
  }

  /** Opens the file. One that is broken, or of another version, is made anew. */
  static open(path: string, log: Log): Inventory {
    return new Inventory(InventoryFile.open(path, log));
  }

  close(): void {
    this.#file.close();
  }

  /** A manifest was pushed, and its tag, where it has one, leads to it from now on. */
  recordPush(manifest: StoredManifest, tag: string | undefined, now: number): void {
    this.#file.together(() => {
      this.#put(manifest, now);
      this.#use(manifest, now);
      if (tag !== undefined) this.#setTag(manifest, tag, now);
    });
  }

  /**
   * A manifest was pulled; one that is not known yet is added. From now on the tag leads to it, unless another manifest was pushed under the tag just
   * before: the pull may have begun before that push.
   */
  recordPull(manifest: StoredManifest, tag: string | undefined, now: number): void {
    this.#file.together(() => {
      this.#put(manifest, now);
      this.#use(manifest, now);
      if (tag !== undefined) {
        const { repository, digest } = manifest;
        this.#file.run(
          `INSERT INTO tag VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET digest = excluded.digest, set_at = excluded.set_at
           WHERE tag.digest <> excluded.digest AND tag.set_at <= excluded.set_at - ${UNDER_WAY_MS}`,
          repository,
          tag,
          digest,
          now,
        );
      }
    });
  }

  /** What a walk has found: the tags of a repository as they were at `since`. Nothing of it was used by that. */
  recordWalk(repository: string, { found, unread }: WalkedTags, since: number): void {
    this.#file.together(() => {
      for (const [tag, manifest] of found) {
        this.#put(manifest, since);
        this.#file.run('INSERT OR IGNORE INTO tag VALUES (?, ?, ?, ?)', repository, tag, manifest.digest, since);
        this.#file.run(
          'UPDATE tag SET digest = ? WHERE repository = ? AND name = ? AND set_at <= ?',
          manifest.digest,
          repository,
          tag,
          since,
        );
      }
      for (const { name } of this.#file.rows(
        'SELECT name FROM tag WHERE repository = ? AND set_at <= ?',
        repository,
        since,
      )) {
        const tag = String(name);
        if (!found.has(tag) && !unread.has(tag)) this.forgetTag(repository, tag);
      }
    });
  }

  /** A manifest that a walk has found by its digest, as a part of an index. */
  recordPart(manifest: StoredManifest, now: number): void {
    this.#file.together(() => this.#put(manifest, now));
  }

  /** What manifests name and the registry was not asked for since `since`. A digest may be in several repositories. */
  unmeasured(since: number, most: number): readonly { readonly repository: string; readonly digest: string }[] {
    return this.#file
      .rows(
        `SELECT DISTINCT repository, target FROM reference
       WHERE asked_at < ? AND target NOT IN (SELECT digest FROM size) ORDER BY repository LIMIT ?`,
        since,
        most,
      )
      .map((row) => ({ repository: String(row['repository']), digest: String(row['target']) }));
  }

  /** What the registry says of the bytes of a blob; undefined: it has none there. */
  recordSize(repository: string, digest: string, bytes: number | undefined, now: number): void {
    if (bytes !== undefined) this.#file.run('INSERT OR REPLACE INTO size VALUES (?, ?)', digest, bytes);
    else
      this.#file.run('UPDATE reference SET asked_at = ? WHERE repository = ? AND target = ?', now, repository, digest);
  }

  /** Sizes of what nothing names any more. */
  forgetSizes(): void {
    this.#file.run(
      'DELETE FROM size WHERE digest NOT IN (SELECT target FROM reference) AND digest NOT IN (SELECT digest FROM manifest)',
    );
  }

  forget(repository: string, digest: string): void {
    this.#file.together(() => {
      for (const table of ['manifest', 'reference', 'tag']) {
        this.#file.run(`DELETE FROM ${table} WHERE repository = ? AND digest = ?`, repository, digest);
      }
    });
  }

  forgetTag(repository: string, tag: string): void {
    this.#file.run('DELETE FROM tag WHERE repository = ? AND name = ?', repository, tag);
  }

  find(repository: string, digest: string): StoredEntry | undefined {
    return this.#entries('WHERE repository = ? AND digest = ?', repository, digest)[0];
  }

  /** Names of the repositories that hold something. */
  repositories(): readonly string[] {
    return this.#file
      .rows('SELECT DISTINCT repository FROM manifest ORDER BY 1')
      .map(({ repository }) => String(repository));
  }

  entries(): readonly StoredEntry[] {
    return this.#entries('');
  }

  /** A row at a time, and what many entries name is one object: an installation has a million references. */
  #entries(where: string, ...values: readonly string[]): readonly StoredEntry[] {
    const repositories = new Map<string, Map<string, ListedEntry>>();
    for (const row of this.#file.each(`SELECT * FROM manifest ${where}`, ...values)) {
      const [name, digest] = [String(row['repository']), String(row['digest'])];
      const entries = repositories.get(name) ?? new Map<string, ListedEntry>();
      const [first] = entries.values();
      const [bytes, pushedAt, usedAt] = [Number(row['bytes']), Number(row['pushed_at']), Number(row['used_at'])];
      const repository = first?.repository ?? name;
      entries.set(digest, { repository, digest, bytes, pushedAt, usedAt, tags: [], references: [] });
      repositories.set(repository, entries);
    }
    const entryOf = (row: Row) => repositories.get(String(row['repository']))?.get(String(row['digest']));
    for (const row of this.#file.each(`SELECT repository, digest, name FROM tag ${where} ORDER BY name`, ...values)) {
      entryOf(row)?.tags.push(String(row['name']));
    }
    const blobs = new Map<string, Reference>();
    const sql = `SELECT reference.*, (SELECT bytes FROM size WHERE digest = target) AS bytes FROM reference ${where}`;
    for (const row of this.#file.each(sql, ...values)) {
      const digest = String(row['target']);
      const blob = blobs.get(digest) ?? { digest, bytes: Number(row['bytes'] ?? 0) };
      blobs.set(digest, blob);
      entryOf(row)?.references.push(blob);
    }
    return [...repositories.values()].flatMap((entries) => [...entries.values()]);
  }

  #put({ repository, digest, bytes, references }: StoredManifest, now: number): void {
    const changes = this.#file.run(
      'INSERT OR IGNORE INTO manifest VALUES (?, ?, ?, ?, ?)',
      repository,
      digest,
      bytes,
      now,
      now,
    );
    if (changes === 0) return;
    this.#file.run('INSERT OR REPLACE INTO size VALUES (?, ?)', digest, bytes);
    for (const target of references) {
      this.#file.run('INSERT OR IGNORE INTO reference VALUES (?, ?, ?, 0)', repository, digest, target);
    }
  }

  #use({ repository, digest }: StoredManifest, now: number): void {
    this.#file.run(
      'UPDATE manifest SET used_at = max(used_at, ?) WHERE repository = ? AND digest = ?',
      now,
      repository,
      digest,
    );
  }

  #setTag({ repository, digest }: StoredManifest, tag: string, now: number): void {
    this.#file.run('INSERT OR REPLACE INTO tag VALUES (?, ?, ?, ?)', repository, tag, digest, now);
  }
}
