import * as fs from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { CacheError } from '../../../../shared/errors.ts';
import type { EntryUpload, FetchOutcome, UploadOutcome } from '../../../../shared/entry/entry.ts';
import { fetchEntry } from '../../../../shared/entry/fetch/fetch-entry.ts';
import { readManifest } from '../../../../shared/entry/manifest/manifest.ts';
import type { EntryManifest } from '../../../../shared/entry/manifest/manifest.ts';
import { uploadEntry } from '../../../../shared/entry/upload/upload-entry.ts';
import { openStore } from '../../../../shared/store/open-store.ts';
import type { Store } from '../../../../shared/store/store.ts';
import { flip, lose } from '../../../support/registry/damage.ts';
import { startRegistry } from '../../../support/registry/registry-process.ts';
import type { RegistryKind } from '../../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../../support/registry/temporary-directory.ts';
import { expectSameTree } from '../../../support/tree/same-tree.ts';
import { treePicture } from '../../../support/tree/tree-picture.ts';
import { noise } from '../../../support/entry/upload-bench.ts';
import { readAll } from '../store-contract.ts';

interface Place {
  /** `registry/` or `oci:DIR/` */
  readonly prefix: string;
  readonly storage: string;
  stop(): Promise<void>;
}

const registry = async (kind: RegistryKind): Promise<Place> => {
  const started = await startRegistry({ kind, remembersBlobs: true });
  return { prefix: `${started.host}/`, storage: started.storage, stop: () => started.stop() };
};

const layout = async (): Promise<Place> => {
  const directory = await temporaryDirectory();
  return { prefix: `oci:${directory.path}/`, storage: directory.path, stop: () => directory.remove() };
};

interface Case {
  readonly place: string;
  readonly start: () => Promise<Place>;
  /** Manifests are files of the storage. */
  readonly storesManifests: boolean;
}

const CASES: readonly Case[] = [
  { place: 'docker-registry', start: () => registry('docker-registry'), storesManifests: true },
  { place: 'distribution', start: () => registry('distribution'), storesManifests: true },
  { place: "crane's registry", start: () => registry('crane'), storesManifests: false },
  { place: 'a layout', start: layout, storesManifests: true },
];

const REFERENCE = 'key';
/** Distribution remembers that it has the blob, and answers 500. */
const LOST = /^((layer|index) sha256:[0-9a-f]{64}|Unreachable)$/;

type Fetched = FetchOutcome | { readonly failure: string };

const verdictOf = (fetched: Fetched): string => {
  if ('failure' in fetched) return fetched.failure;
  return fetched.found ? 'found' : (fetched.lost ?? 'not found');
};

for (const { place, start, storesManifests } of CASES) {
  describe(`what ${place} does not give as it was`, () => {
    let running: Place;
    let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
    let store: Store;
    let first: string;
    let repositories = 0;

    before(async function () {
      this.timeout(900_000);
      running = await start();
    });
    after(() => running.stop());

    beforeEach(async () => {
      directory = await temporaryDirectory();
      store = openStore(`${running.prefix}repository-${repositories++}`).store;
      first = workspace('first');
      // Of its own in each test: registries keep a blob for all repositories.
      fs.writeFileSync(join(first, 'kept'), noise(100_000, repositories));
      fs.writeFileSync(join(first, 'other'), noise(5000, 1000 + repositories));
      await upload(first);
    });
    afterEach(async () => {
      await store.close();
      await directory.remove();
    });

    const workspace = (name: string): string => {
      const dir = join(directory.path, name);
      fs.mkdirSync(dir);
      return dir;
    };

    const upload = (dir: string, more: Partial<EntryUpload> = {}): Promise<UploadOutcome> =>
      uploadEntry({ dir, store, reference: REFERENCE, paths: [], exclude: [], aliases: [], force: false, ...more });

    const fetchInto = async (dir: string, reference = REFERENCE): Promise<Fetched> => {
      try {
        return await fetchEntry({ dir, store, reference, paths: [], exclude: [], clean: false });
      } catch (error) {
        if (error instanceof CacheError) return { failure: error.code };
        throw error;
      }
    };

    /** A build in a workspace of its own, which finds no cache and makes what `first` has, and more. */
    const build = async (name: string, reference = REFERENCE): Promise<{ dir: string; fetched: Fetched }> => {
      const dir = workspace(name);
      const fetched = await fetchInto(dir, reference);
      for (const file of ['kept', 'other']) fs.cpSync(join(first, file), join(dir, file), { preserveTimestamps: true });
      return { dir, fetched };
    };

    const expectGood = async (dir: string, reference = REFERENCE): Promise<void> => {
      const into = workspace(`good-${reference}`);
      expect(await fetchInto(into, reference)).to.include({ found: true });
      expectSameTree(treePicture(into), treePicture(dir));
      const { config } = await manifest(reference);
      await readAll(store, config);
    };

    const manifest = async (reference = REFERENCE): Promise<EntryManifest> => {
      const read = readManifest((await store.getManifest(reference))?.bytes ?? new Uint8Array());
      if (read === undefined) throw new Error('no entry');
      return read;
    };

    const content = async (): Promise<string> => (await manifest()).content[0]?.descriptor.digest ?? '';
    const index = async (): Promise<string> => (await manifest()).index.digest;
    const entry = async (): Promise<string> => (await store.headManifest(REFERENCE))?.digest ?? '';

    for (const [what, digestOf] of [
      ['a layer', content],
      ['an index', index],
      ...(storesManifests ? ([['a manifest', entry]] as const) : []),
    ] as const) {
      for (const [how, damage] of [
        ['damaged', flip],
        ['lost', lose],
      ] as const) {
        // A manifest that is lost is no entry.
        if (what === 'a manifest' && how === 'lost') continue;

        it(`is sent anew by the next upload: ${what} that is ${how}`, async () => {
          damage(running.storage, await digestOf());
          const { dir, fetched } = await build('second');
          expect(verdictOf(fetched)).to.match(how === 'damaged' ? /^(InvalidImage|DigestMismatch)$/ : LOST);
          fs.writeFileSync(join(dir, 'new'), 'new');
          expect(await upload(dir)).to.include({ uploaded: true });
          await expectGood(dir);
          expect(await upload(dir), 'nothing is sent anew for ever').to.include({ reason: 'unchanged' });
        });
      }

      it(`is sent anew where the build made the same again: ${what}`, async () => {
        flip(running.storage, await digestOf());
        const { dir } = await build('second');
        expect(await upload(dir)).to.include({ uploaded: true });
        await expectGood(dir);
      });

      it(`is sent anew by force: ${what}`, async () => {
        flip(running.storage, await digestOf());
        expect(await upload(first, { force: true })).to.include({ uploaded: true });
        await expectGood(first);
      });
    }

    it('is not built upon by the next key, whose base is an alias', async () => {
      await upload(first, { aliases: ['latest'] });
      flip(running.storage, await content());
      const { dir } = await build('second', 'latest');
      fs.writeFileSync(join(dir, 'new'), 'new');
      await upload(dir, { reference: 'next', aliases: ['latest'], bases: [{ store, reference: 'latest' }] });
      await expectGood(dir, 'next');
      await expectGood(dir, 'latest');
    });

    it('is packed again alone: what stays good is not sent', async () => {
      fs.writeFileSync(join(first, 'small'), noise(2000, 5));
      await upload(first);
      const [large, small] = (await manifest()).content;
      flip(running.storage, small?.descriptor.digest ?? '');
      const dir = workspace('second');
      expect(await fetchInto(dir)).to.have.property('failure');
      for (const file of ['kept', 'other', 'small']) {
        fs.cpSync(join(first, file), join(dir, file), { preserveTimestamps: true });
      }
      const { bytesSent } = await upload(dir);
      expect(bytesSent).to.be.lessThan(20_000);
      expect((await manifest()).content.map(({ descriptor }) => descriptor.digest)).to.include(
        large?.descriptor.digest,
      );
      await expectGood(dir);
    });

    it('is a config, too, which only other tools read: the upload finds it', async () => {
      flip(running.storage, (await manifest()).config.digest);
      fs.writeFileSync(join(first, 'new'), 'new');
      await upload(first);
      await expectGood(first);
    });
  });
}
