/**
 * Uploads and fetches, as many as COLLECTED_TRANSFERS says, while the housekeeper deletes entries and the registry collects its garbage:
 * an upload ends whole or is held, one that waits ends whole, a fetch has all of a tree or nothing.
 */
import { randomBytes, randomInt } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import type { StoredEntry } from '../../../controller/storage/inventory/stored-entry.ts';
import { pauseOf } from '../../../controller/storage-state.ts';
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { LONGEST_COLLECTION_MS } from '../../../shared/interface/withheld.ts';
import { CollectionWait } from '../../../shared/store/auth/collection-wait.ts';
import type { Store } from '../../../shared/store/store.ts';
import { codeOf } from '../../support/code-of.ts';
import { until } from '../../support/deadline.ts';
import { patient } from '../../support/patience.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';
import { expectSameTree } from '../../support/tree/same-tree.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';
import { StorageGround } from './ground.ts';

const TRANSFERS = Number(process.env['COLLECTED_TRANSFERS'] ?? 60);
const REPOSITORIES = ['team-a/app/modules', 'team-b/app/modules'];
/** Its uploads wait for the end of a collection, as they do with `on-error: fail`. */
const WAITING = 'team-b/app/modules';
const KEPT = 4;
/** Files of a tree; an upload changes some of them, so entries share layers. */
const FILES = 30;
const FILE_BYTES = 40_000;
/** Registries allow a minute for clocks: tokens so late are good for five seconds more. */
const TOKENS_LATE_MS = 355_000;
const DRAIN_MS = 10_000;

for (const kind of ['docker-registry', 'distribution'] as const) {
  describe(`${TRANSFERS} uploads and fetches while ${kind} collects its garbage`, function () {
    this.timeout(patient(120_000 + TRANSFERS * 3000));
    const ground = new StorageGround();
    let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

    before(async () => {
      directory = await temporaryDirectory();
      ground.tokensLateMs = TOKENS_LATE_MS;
      ground.drainMs = DRAIN_MS;
      ground.config = { 'storage-max-entries-per-repository': String(KEPT) };
      await ground.start(kind);
    });
    after(async () => {
      await ground.stop();
      await directory.remove();
    });

    it('breaks no entry and leaves no half tree', async () => {
      const counts = { uploaded: 0, held: 0, waits: 0, hit: 0, miss: 0 };
      /** What each tag was uploaded as. */
      const pictures = new Map<string, readonly string[]>();
      const isOver = (): boolean =>
        counts.uploaded + counts.hit + counts.miss >= TRANSFERS && ground.collections >= 2 && counts.waits >= 2;
      const tell = (line: string): void => void (line.includes('waits for the end') && counts.waits++);
      const openFor = async (repository: string): Promise<Store> =>
        repository === WAITING
          ? await ground.openWaiting(repository, new CollectionWait({ longestMs: LONGEST_COLLECTION_MS, tell }))
          : await ground.open(repository);

      const fetchInto = async (store: Store, repository: string, tag: string): Promise<boolean> => {
        const dir = fs.mkdtempSync(join(directory.path, 'fetched-'));
        const { found } = await fetchEntry({ dir, store, reference: tag, paths: [], exclude: [], clean: false });
        expectSameTree(treePicture(dir), found ? (pictures.get(`${repository}:${tag}`) ?? []) : [], tag);
        fs.rmSync(dir, { recursive: true });
        return found;
      };
      const uploads = async (repository: string): Promise<void> => {
        const dir = fs.mkdtempSync(join(directory.path, 'workspace-'));
        for (let file = 0; file < FILES; file++) fs.writeFileSync(join(dir, `f${file}`), randomBytes(FILE_BYTES));
        for (let number = 0; !isOver(); number++) {
          for (let changes = 0; changes < 3; changes++) {
            fs.writeFileSync(join(dir, `f${randomInt(FILES)}`), randomBytes(FILE_BYTES));
          }
          const store = await openFor(repository);
          const tag = `v${number}`;
          pictures.set(`${repository}:${tag}`, treePicture(dir));
          const request = { dir, store, reference: tag, paths: [], exclude: [], aliases: [], force: false };
          try {
            expect(await uploadEntry(request)).to.include({ uploaded: true, reason: 'pushed' });
            counts.uploaded++;
          } catch (error) {
            // Nobody could push, or the push was not over before that.
            expect(codeOf(error), String(error)).to.equal('Unauthorized');
            expect(repository).to.not.equal(WAITING);
            counts.held++;
            await until('pushes to go on', 60_000, () =>
              Promise.resolve(isOver() || pauseOf(ground.state, Date.now()) === undefined),
            );
          }
        }
      };
      const fetches = async (repository: string): Promise<void> => {
        while (!isOver()) {
          const tags = [...pictures.keys()].filter((name) => name.startsWith(`${repository}:`)).slice(-KEPT - 4);
          const tag = tags.length > 0 ? tags[randomInt(tags.length)]?.split(':')[1] : undefined;
          const isHit = await fetchInto(await ground.open(repository), repository, tag ?? 'none');
          if (tag !== undefined) counts[isHit ? 'hit' : 'miss']++;
        }
      };
      const collects = async (): Promise<void> => {
        const housekeeper = ground.housekeeper();
        while (!isOver()) {
          const { uploaded } = counts;
          await housekeeper.look();
          await until('some uploads', 60_000, () => Promise.resolve(isOver() || counts.uploaded >= uploaded + 4));
        }
      };
      await Promise.all([...REPOSITORIES.flatMap((name) => [uploads(name), fetches(name)]), collects()]);
      const keptIn = (repository: string): StoredEntry[] =>
        ground.inventory.entries().filter((entry) => entry.repository === repository);
      const housekeeper = ground.housekeeper();
      // The registry tells of a fetch when it is over. An entry of which it tells between two looks at it stays until the next one.
      await until('the entries past their number to be deleted', 120_000, async () => {
        await housekeeper.look();
        return REPOSITORIES.every((repository) => keptIn(repository).length <= KEPT);
      });

      for (const repository of REPOSITORIES) {
        const kept = keptIn(repository);
        const store = await ground.open(repository);
        expect(kept).to.have.length(KEPT);
        for (const { tags } of kept) expect(await fetchInto(store, repository, tags[0] ?? '')).to.equal(true);
      }
      const needed = ground.inventory
        .entries()
        .flatMap(({ digest, references }) => [digest, ...references.map((reference) => reference.digest)]);
      expect(ground.blobsOnDisk.map((hex) => `sha256:${hex}`)).to.have.members([...new Set(needed)]);
      const { collections, bytesReclaimed, bytesOnDisk } = ground;
      console.log('      ', JSON.stringify({ ...counts, collections, bytesReclaimed, bytesOnDisk }));
    });
  });
}
