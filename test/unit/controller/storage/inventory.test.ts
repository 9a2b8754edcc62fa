import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { expect } from 'chai';

import { InventoryFile } from '../../../../controller/storage/inventory/inventory-file.ts';
import { Inventory } from '../../../../controller/storage/inventory/inventory.ts';
import { createLog } from '../../../../shared/log.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const other = `sha256:${'b'.repeat(64)}`;
const manifest = { repository: 'team/app', digest, bytes: 7, references: [other] };
const log = createLog({ silent: true });

describe('the inventory', () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'inventory-'));
    path = join(directory, 'inventory.db');
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const withInventory = <T>(work: (inventory: Inventory) => T): T => {
    const inventory = Inventory.open(path, log);
    try {
      return work(inventory);
    } finally {
      inventory.close();
    }
  };

  it('remembers pushes, uses and tags over a restart', () => {
    withInventory((inventory) => {
      inventory.recordPush(manifest, 'v1', 100);
      inventory.recordPull(manifest, 'v1', 200);
      inventory.recordPush(manifest, 'v2', 150);
      inventory.recordSize('team/app', other, 9, 150);
    });
    const [entry] = withInventory((inventory) => inventory.entries());
    const references = [{ digest: other, bytes: 9 }];
    expect(entry).to.deep.equal({ ...manifest, references, pushedAt: 100, usedAt: 200, tags: ['v1', 'v2'] });
  });

  it('knows which blobs nobody has measured: of those that were not there, it asks again after a time', () => {
    withInventory((inventory) => {
      const wanted = { repository: 'team/app', digest: other };
      inventory.recordPush(manifest, 'v1', 100);
      expect(inventory.unmeasured(50, 9)).to.deep.equal([wanted]);
      inventory.recordSize('team/app', other, undefined, 100);
      expect(inventory.unmeasured(50, 9)).to.deep.equal([]);
      expect(inventory.unmeasured(101, 9)).to.deep.equal([wanted]);
      inventory.recordSize('team/app', other, 9, 100);
      expect(inventory.unmeasured(101, 9)).to.deep.equal([]);
      inventory.forgetSizes();
      expect(inventory.unmeasured(101, 9)).to.deep.equal([]);
    });
  });

  it('lets a tag lead to what was pushed last', () => {
    withInventory((inventory) => {
      inventory.recordPush(manifest, 'main', 100);
      inventory.recordPush({ ...manifest, digest: other }, 'main', 200);
      // A pull that began before the push.
      inventory.recordPull(manifest, 'main', 300);
      expect(inventory.entries().map(({ tags }) => tags)).to.deep.equal([[], ['main']]);
    });
  });

  it('lets a tag lead to what was pulled by it, when no push was just before', () => {
    const hour = 3_600_000;
    withInventory((inventory) => {
      // Told in another order than the tag was moved.
      inventory.recordPush({ ...manifest, digest: other }, 'main', 100);
      inventory.recordPush(manifest, 'main', 100);
      inventory.recordPull({ ...manifest, digest: other }, 'main', hour);
      expect(inventory.entries().map(({ tags }) => tags)).to.deep.equal([[], ['main']]);
    });
  });

  it('believes what was told since a walk began, and else the walk, which is no use', () => {
    withInventory((inventory) => {
      inventory.recordPush(manifest, 'gone', 100);
      inventory.recordPush(manifest, 'moved', 100);
      inventory.recordPush(manifest, 'new', 300);
      inventory.recordPush({ ...manifest, digest: other }, 'newer', 300);
      const found = { ...manifest, digest: other };
      const walked = new Map([
        ['moved', found],
        ['newer', manifest],
      ]);
      inventory.recordWalk('team/app', { found: walked, unread: new Set() }, 200);
      expect(inventory.entries().map(({ tags, usedAt }) => ({ tags, usedAt }))).to.deep.equal([
        { tags: ['new'], usedAt: 300 },
        { tags: ['moved', 'newer'], usedAt: 300 },
      ]);
    });
  });

  it('keeps what is known of a tag that a walk could not read', () => {
    withInventory((inventory) => {
      for (const tag of ['gone', 'unread']) inventory.recordPush(manifest, tag, 100);
      inventory.recordWalk('team/app', { found: new Map(), unread: new Set(['unread', 'unheard of']) }, 200);
      expect(inventory.entries().map(({ tags }) => tags)).to.deep.equal([['unread']]);
    });
  });

  it('says so where its file cannot grow, and goes on with what it has', () => {
    const file = InventoryFile.open(path, log);
    const keep = (names: number): void =>
      file.together(() => {
        for (let name = 0; name < names; name++) file.run('INSERT INTO size VALUES (?, ?)', `${digest} ${name}`, name);
      });
    file.rows('PRAGMA max_page_count = 20');
    expect(() => keep(10_000)).to.throw('full');
    expect(file.rows('SELECT * FROM size')).to.deep.equal([]);
    keep(2);
    expect(file.rows('SELECT bytes FROM size').map(({ bytes }) => bytes)).to.deep.equal([0, 1]);
    file.close();
  });

  it('is made anew where its file is broken, or of another version', () => {
    const breakings = [
      () => writeFileSync(path, 'this is no database, and longer than the head of one would be'.repeat(100)),
      () => {
        const database = new DatabaseSync(path);
        database.exec('PRAGMA user_version = 999');
        database.close();
      },
    ];
    for (const breakIt of breakings) {
      withInventory((inventory) => inventory.recordPush(manifest, 'v1', 100));
      breakIt();
      withInventory((inventory) => {
        expect(inventory.entries()).to.deep.equal([]);
        inventory.recordPush(manifest, 'v1', 100);
      });
      expect(withInventory((inventory) => inventory.entries())).to.have.length(1);
    }
  });
});
