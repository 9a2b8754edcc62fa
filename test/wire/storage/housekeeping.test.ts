import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { RegistryError } from '../../../controller/storage/registry/registry-error.ts';
import { readSummary } from '../../../shared/interface/storage-summary.ts';
import { sha256 } from '../../../shared/store/digest.ts';
import { until } from '../../support/deadline.ts';
import { CONFIG, descriptorOf, errorOf, imageOf, OCI_MANIFEST } from '../store/store-contract.ts';
import { StorageGround } from './ground.ts';

const HOUR_MS = 3_600_000;
const INDEX = 'application/vnd.oci.image.index.v1+json';
const LARGE = 1024 * 1024;

for (const kind of ['docker-registry', 'distribution'] as const) {
  describe(`the housekeeper of ${kind}`, () => {
    let ground: StorageGround;

    beforeEach(async () => {
      ground = new StorageGround();
      await ground.start(kind);
    });
    afterEach(async () => await ground.stop());

    const known = () =>
      ground.inventory
        .entries()
        .map(({ repository, tags }) => `${repository}:${tags.join(',')}`)
        .toSorted();

    it('hears of pushes, with their bytes, and of the last use, which its own looks are not', async () => {
      const layers = [randomBytes(5000), randomBytes(300)];
      const digest = await ground.push('team-a/app', 'v1', layers);
      const pushed = ground.inventory.find('team-a/app', digest)!;
      expect(pushed.bytes).to.equal(imageOf(layers.map(descriptorOf)).length);
      ground.ahead = HOUR_MS;
      await ground.housekeeper().look();
      expect(ground.inventory.find('team-a/app', digest)?.references).to.have.deep.members(
        [CONFIG, ...layers].map((blob) => ({ digest: sha256(blob), bytes: blob.length })),
      );
      await (await ground.open('team-a/app')).getManifest('v1');
      // Events come in their order: had the walk been a use, it would be known now.
      const used = await until('the use to be known', 10_000, () => {
        const entry = ground.inventory.find('team-a/app', digest);
        return Promise.resolve(entry !== undefined && entry.usedAt > pushed.usedAt ? entry : undefined);
      });
      expect(used.pushedAt).to.equal(pushed.pushedAt);
      ground.ahead = 2 * HOUR_MS;
      await ground.housekeeper().look();
      await ground.push('team-a/app', 'v2');
      expect(ground.inventory.find('team-a/app', digest)?.usedAt).to.equal(used.usedAt);
    });

    it('deletes what nobody uses, and the registry gives its bytes back', async () => {
      const shared = randomBytes(LARGE);
      const old = await ground.push('team-a/app', 'old', [shared, randomBytes(LARGE)]);
      const before = ground.bytesOnDisk;
      ground.ahead = HOUR_MS * 800;
      await ground.push('team-a/app', 'new', [shared]);
      await ground.housekeeper().look();
      expect(await ground.isThere('team-a/app', 'old')).to.equal(false);
      expect(await ground.isThere('team-a/app', old)).to.equal(false);
      expect(known()).to.deep.equal(['team-a/app:new']);
      expect(ground.collections).to.equal(1);
      expect(before - ground.bytesOnDisk).to.be.within(LARGE, 1.1 * LARGE);
      const store = await ground.open('team-a/app');
      expect(await store.hasBlob(sha256(shared))).to.equal(true);
    });

    it('keeps a digest as long as one of its tags was used, and deletes what no tag leads to any more', async () => {
      const layer = randomBytes(10);
      await ground.push('team-a/app', 'first', [layer]);
      const moved = await ground.push('team-a/app', 'main');
      ground.ahead = HOUR_MS * 800;
      await ground.push('team-a/app', 'second', [layer]);
      await ground.push('team-a/app', 'main');
      await ground.housekeeper().look();
      expect(known()).to.deep.equal(['team-a/app:first,second', 'team-a/app:main']);
      expect(await ground.isThere('team-a/app', moved)).to.equal(false);
    });

    it('counts the bytes that the registry has, whatever manifests say of them', async () => {
      const lies = [Number.MAX_SAFE_INTEGER, 0, -1];
      const store = await ground.open('team-a/app');
      for (const [at, size] of lies.entries()) {
        const layer = randomBytes(1000);
        await store.putBlob(sha256(CONFIG), CONFIG);
        await store.putBlob(sha256(layer), layer);
        const manifest = imageOf([{ ...descriptorOf(layer), size }]);
        await ground.putManifest(store, `lie-${at}`, OCI_MANIFEST, manifest);
      }
      await ground.push('team-b/app', 'v1', [randomBytes(1000)]);
      ground.config = { 'storage-max-bytes': '1Mi' };
      await ground.housekeeper().look();
      expect(known()).to.have.length(lies.length + 1);
      expect(ground.metrics.stored.all.bytes).to.be.within(4000, 10_000);
      ground.config = { 'storage-max-bytes': '3000' };
      await ground.housekeeper().look();
      expect(known()).to.include('team-b/app:v1');
      expect(ground.metrics.stored.all.bytes).to.be.within(1000, 3000);
    });

    it('takes what is about an entry, or a part of it, along with it and not before', async () => {
      const store = await ground.open('team-a/app');
      const subject = await ground.push('team-a/app', 'v1');
      const statement = imageOf([descriptorOf(CONFIG)], 'statement');
      await ground.putManifest(store, sha256(statement), OCI_MANIFEST, statement);
      const manifests = [{ mediaType: OCI_MANIFEST, digest: sha256(statement), size: statement.length }];
      const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
      const tag = subject.replace(':', '-');
      await ground.putManifest(store, tag, INDEX, index);
      ground.ahead = HOUR_MS * 700;
      await store.getManifest('v1');
      await until('the use to be known', 10_000, () =>
        Promise.resolve((ground.inventory.find('team-a/app', subject)?.usedAt ?? 0) > Date.now() + HOUR_MS),
      );
      ground.ahead = HOUR_MS * 800;
      await ground.housekeeper().look();
      expect(
        await Promise.all([subject, tag, sha256(statement)].map((one) => ground.isThere('team-a/app', one))),
      ).to.deep.equal([true, true, true]);
      // That was a use as well.
      ground.ahead = HOUR_MS * 1600;
      await ground.housekeeper().look();
      expect(ground.inventory.entries()).to.deep.equal([]);
      expect(
        await Promise.all([subject, tag, sha256(statement)].map((one) => ground.isThere('team-a/app', one))),
      ).to.deep.equal([false, false, false]);
    });

    it('makes an inventory that was lost anew from the catalogue, and what it finds counts as used', async () => {
      const store = await ground.open('team-a/app');
      const digest = await ground.push('team-a/app', 'v1', [randomBytes(100)]);
      await ground.push('team-b/deps', 'v1');
      const part = imageOf([], 'part');
      const manifests = [{ mediaType: OCI_MANIFEST, digest: sha256(part), size: part.length }];
      await ground.putManifest(store, sha256(part), OCI_MANIFEST, part);
      const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
      await ground.putManifest(store, 'both', INDEX, index);
      await ground.housekeeper().look();
      const before = ground.inventory.entries();
      ground.inventory.close();
      ground.openInventory('another.db');
      ground.ahead = HOUR_MS * 800;
      await ground.housekeeper().look();
      const withoutTimes = (entries: typeof before) =>
        entries.map(({ repository, digest: of, tags, bytes, references }) => ({
          repository,
          of,
          tags,
          bytes,
          references,
        }));
      expect(withoutTimes(ground.inventory.entries())).to.deep.equal(withoutTimes(before));
      expect(await ground.isThere('team-a/app', digest)).to.equal(true);
    });

    it('finds what notifications have not told: pushes, moved tags, and what somebody else deleted', async () => {
      const first = await ground.push('team-a/app', 'v1');
      await ground.push('team-a/app', 'v2');
      const second = await ground.push('team-b/app', 'v1');
      ground.inventory.forget('team-b/app', second);
      await ground.api.delete('team-a/app', first, AbortSignal.timeout(10_000));
      await until('the deletion to be known', 10_000, () =>
        Promise.resolve(ground.inventory.find('team-a/app', first) === undefined),
      );
      ground.inventory.recordPush(
        { repository: 'team-a/app', digest: first, bytes: 1, references: [] },
        'v1',
        Date.now(),
      );
      await ground.housekeeper().look();
      expect(known()).to.deep.equal(['team-a/app:', 'team-a/app:v2', 'team-b/app:v1']);
      ground.ahead = 2 * HOUR_MS;
      await ground.housekeeper().look();
      expect(known()).to.deep.equal(['team-a/app:v2', 'team-b/app:v1']);
    });

    it('asks the registry for tags before it deletes what none is known to lead to', async () => {
      ground.config = { 'storage-keep-unused': '90m' };
      const housekeeper = ground.housekeeper();
      const first = await ground.push('team-a/app', 'main');
      await ground.push('team-a/app', 'main');
      const second = (await ground.api.digestOf('team-a/app', 'main', AbortSignal.timeout(10_000)))!;
      const untold = await ground.push('team-b/app', 'main');
      const listed = await ground.push('team-c/app', 'kept');
      const size = imageOf([descriptorOf(CONFIG)]).length;
      const index = {
        schemaVersion: 2,
        mediaType: INDEX,
        manifests: [{ mediaType: OCI_MANIFEST, digest: listed, size }],
      };
      await ground.putManifest(await ground.open('team-c/app'), 'all', INDEX, Buffer.from(JSON.stringify(index)));
      await housekeeper.look();
      const manifestOf = (repository: string, digest: string) => ({ repository, digest, bytes: 1, references: [] });
      // Two pushes of one tag were told in another order; one was never told; of another the index is all that is known.
      ground.inventory.recordPush(manifestOf('team-a/app', first), 'main', Date.now());
      ground.inventory.forgetTag('team-b/app', 'main');
      ground.inventory.forgetTag('team-c/app', 'kept');
      // Before another walk is due.
      ground.ahead = HOUR_MS * 2;
      for (const [repository, digest] of [
        ['team-a/app', second],
        ['team-b/app', untold],
        ['team-c/app', listed],
      ] as const) {
        ground.inventory.recordPull(manifestOf(repository, digest), undefined, ground.now() - HOUR_MS);
      }
      await housekeeper.look();
      expect(known()).to.deep.equal(['team-a/app:main', 'team-b/app:main', 'team-c/app:kept']);
      expect(await ground.isThere('team-a/app', first)).to.equal(false);
      expect(await ground.isThere('team-a/app', second)).to.equal(true);
      expect(await ground.isThere('team-b/app', 'main')).to.equal(true);
      expect(await ground.isThere('team-c/app', 'kept')).to.equal(true);
      expect(await ground.isThere('team-c/app', 'all')).to.equal(false);
    });

    it('forgets no repository that a catalogue leaves out, as long as the registry has its tags', async () => {
      await ground.push('team-a/app', 'v1');
      ground.api.catalogue = async function* () {
        yield await Promise.resolve([]);
      };
      await ground.housekeeper().look();
      expect(known()).to.deep.equal(['team-a/app:v1']);
    });

    it('walks the catalogue within an hour when notifications were lost, and not at once again', async () => {
      const housekeeper = ground.housekeeper();
      await housekeeper.look();
      const digest = await ground.push('team-a/app', 'v1');
      for (const [ahead, found] of [
        [0, []],
        [HOUR_MS, ['team-a/app:v1']],
        [HOUR_MS * 3, []],
      ] as const) {
        ground.inventory.forget('team-a/app', digest);
        if (ahead <= HOUR_MS) housekeeper.walkSoon();
        ground.ahead = ahead;
        await housekeeper.look();
        expect(known(), `${ahead / HOUR_MS} hours`).to.deep.equal(found);
      }
    });

    it('deletes nothing when its clock and the one of the registry differ', async () => {
      await ground.push('team-a/app', 'v1');
      ground.api.clock = ground.registryClock;
      ground.ahead = HOUR_MS * 800;
      await ground.housekeeper().look();
      expect(known()).to.deep.equal(['team-a/app:v1']);
      expect(ground.collections).to.equal(0);
      expect(ground.metrics.failures.text()).to.include('{work="judge"} 1');
      ground.api.clock = () => Promise.resolve(ground.now());
      await ground.housekeeper().look();
      expect(known()).to.deep.equal([]);
    });

    it('goes on with the others where the registry does not say a repository, and keeps what is known of it', async () => {
      const broken = await ground.push('team-a/app', 'v1');
      await ground.push('team-a/app', 'v2');
      await ground.push('team-b/app', 'v1');
      const unknown = await ground.push('team-c/app', 'v1');
      ground.inventory.forget('team-c/app', unknown);
      ground.inventory.forgetTag('team-a/app', 'v1');
      const tagsOf = ground.api.tags.bind(ground.api);
      ground.api.tags = async (repository, signal) => {
        if (repository === 'team-a/app') throw new RegistryError('the registry answers 500', 500);
        return await tagsOf(repository, signal);
      };
      ground.ahead = HOUR_MS * 2;
      await ground.housekeeper().look();
      expect(ground.metrics.failures.text()).to.include('{work="walk"} 2');
      expect(known()).to.deep.equal(['team-a/app:', 'team-a/app:v2', 'team-b/app:v1', 'team-c/app:v1']);
      expect(await ground.isThere('team-a/app', broken)).to.equal(true);
      ground.ahead = HOUR_MS * 800;
      await ground.housekeeper().look();
      expect(known()).to.deep.equal(['team-a/app:']);
    });

    it('walks the rest of a repository where the registry cannot read a tag, and deletes nothing that the tag may need', async () => {
      await ground.push('team-a/app', 'moved');
      await ground.push('team-a/app', 'moved');
      await ground.push('team-a/app', 'old');
      const store = await ground.open('team-a/app');
      const part = imageOf([], 'part');
      await ground.putManifest(store, sha256(part), OCI_MANIFEST, part);
      const manifests = [{ mediaType: OCI_MANIFEST, digest: sha256(part), size: part.length }];
      const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
      await ground.putManifest(store, 'broken', INDEX, index);
      const orphan = await ground.push('team-b/app', 'moved');
      await ground.push('team-b/app', 'moved');
      // As a disk leaves it that has lost its last writes. The registry's own collection ends at it.
      ground.limitMs = 5000;
      ground.overwriteBlob(sha256(index), '');
      ground.inventory.forget('team-a/app', sha256(index));
      ground.ahead = HOUR_MS * 2;
      await ground.push('team-a/app', 'new');
      ground.config = { 'storage-keep-unused': '90m' };
      await ground.housekeeper().look();
      expect(known()).to.deep.equal(['team-a/app:', 'team-a/app:', 'team-a/app:new']);
      expect(await ground.isThere('team-a/app', 'old'), 'an entry of its own').to.equal(false);
      expect(await ground.isThere('team-a/app', sha256(part)), 'a part of what is unknown').to.equal(true);
      expect(await ground.isThere('team-b/app', orphan), 'elsewhere').to.equal(false);
      expect(ground.metrics.text()).to.include('tekton_cache_storage_unread_tags 1\n');
      expect(readSummary(ground.state['summary'] ?? '').unread).to.deep.equal({
        tags: 1,
        repositories: ['team-a/app'],
      });
      // Written anew, it is as any other.
      await ground.putManifest(store, 'broken', OCI_MANIFEST, imageOf([], 'another'));
      ground.ahead = HOUR_MS * 50;
      await ground.push('team-a/app', 'new');
      await ground.housekeeper().look();
      expect(known()).to.deep.equal(['team-a/app:new']);
      expect(ground.metrics.text()).to.include('tekton_cache_storage_unread_tags 0\n');
      expect(readSummary(ground.state['summary'] ?? '').unread).to.equal(undefined);
    });

    it('refuses pushes past a quota, where the configuration says so, and deletes nothing', async () => {
      ground.config = { 'storage-max-bytes-per-namespace': '5k', 'storage-when-full': 'refuse' };
      await ground.push('team-a/app', 'v1');
      await ground.push('team-a/app', 'v2');
      await ground.push('team-b/app', 'v1');
      await ground.housekeeper().look();
      expect(known()).to.have.length(3);
      const failed = await errorOf(ground.push('team-a/app', 'v3'));
      expect(failed).to.include({ code: 'Unauthorized' });
      await ground.push('team-b/app', 'v2', []);
      const { namespaces } = readSummary(ground.state['summary'] ?? '');
      expect(namespaces.map(({ namespace, entries }) => ({ namespace, entries }))).to.deep.equal([
        { namespace: 'team-a', entries: 2 },
        { namespace: 'team-b', entries: 1 },
      ]);
      // Without that word the least recently used go as ever, and nobody waits.
      ground.config = {};
      await ground.housekeeper().look();
      await ground.push('team-a/app', 'v4', []);
    });

    it('takes no word from who does not know the secret', async () => {
      const digest = await ground.push('team-a/app', 'v1');
      expect(
        await ground.notify({ action: 'delete', target: { repository: 'team-a/app', digest } }, 'another'),
      ).to.equal(401);
      expect(ground.inventory.find('team-a/app', digest)).to.not.equal(undefined);
      expect(await ground.notify({ action: 'delete', target: { repository: 'team-a/app', digest } })).to.equal(200);
      expect(ground.inventory.find('team-a/app', digest)).to.equal(undefined);
    });
  });
}
