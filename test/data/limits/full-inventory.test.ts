import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import { expect } from 'chai';

import { Inventory } from '../../../controller/storage/inventory/inventory.ts';
import { createLog } from '../../../shared/log.ts';
import { runCommand } from '../../support/command.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';

/** A quarter of the entries that `release-registry.yaml` allows. */
const ENTRIES = 12_500;
/** Layers of an entry: half of them are of this upload only. */
const LAYERS = 20;
/** Less than a quarter of what Node takes of the 1Gi of the housekeeper's pod. */
const HEAP_MB = 88;
const NOW = Date.parse('2026-08-20T10:10:00Z');

const digestOf = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;

describe('a housekeeper of a registry that is full', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  before(async () => (directory = await temporaryDirectory()));
  after(async () => await directory.remove());

  it('has room for what its installation allows, look after look', async () => {
    const file = join(directory.path, 'inventory.db');
    fill(file);
    const looks = join(import.meta.dirname, 'full-inventory-looks.ts');
    const stored = await runCommand(
      process.execPath,
      [`--max-old-space-size=${HEAP_MB}`, looks, file, String(NOW), '3'],
      { timeout: 240_000 },
    );
    const repositories = 125;
    const blobs = (ENTRIES * LAYERS) / 2 + (repositories * LAYERS) / 2;
    expect(JSON.parse(stored)).to.deep.equal({ entries: ENTRIES, bytes: ENTRIES * 3000 + blobs * 5000 });
  });
});

/** All at once: by notifications it takes minutes. */
function fill(file: string): void {
  Inventory.open(file, createLog({ silent: true })).close();
  const database = new DatabaseSync(file);
  database.exec('BEGIN');
  const manifest = database.prepare(`INSERT INTO manifest VALUES (?, ?, 3000, ${NOW}, ${NOW})`);
  const tag = database.prepare(`INSERT INTO tag VALUES (?, ?, ?, ${NOW})`);
  const reference = database.prepare(`INSERT INTO reference VALUES (?, ?, ?, ${NOW})`);
  const size = database.prepare('INSERT OR REPLACE INTO size VALUES (?, 5000)');
  for (let entry = 0; entry < ENTRIES; entry++) {
    const repository = `team-${entry % 25}/app-${entry % 125}/deps`;
    const digest = digestOf(`manifest ${entry}`);
    manifest.run(repository, digest);
    tag.run(repository, `v${entry}`, digest);
    for (let layer = 0; layer < LAYERS; layer++) {
      const target = digestOf(layer % 2 === 0 ? `layer ${layer} of ${entry}` : `layer ${layer} of ${repository}`);
      reference.run(repository, digest, target);
      size.run(target);
    }
  }
  database.exec('COMMIT');
  database.close();
}
