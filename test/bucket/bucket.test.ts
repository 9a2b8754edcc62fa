/** The registry of an installation with its blobs in a bucket: the variables of `manifests/buckets/s3`, and a real S3 server. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { fetchEntry } from '../../shared/entry/fetch/fetch-entry.ts';
import { uploadEntry } from '../../shared/entry/upload/upload-entry.ts';
import { sha256 } from '../../shared/store/digest.ts';
import { openStore } from '../../shared/store/open-store.ts';
import { patient } from '../support/patience.ts';
import { FaultProxy } from '../support/registry/fault-proxy.ts';
import { startRegistry } from '../support/registry/registry-process.ts';
import type { Bucket, RunningRegistry } from '../support/registry/registry-process.ts';
import { startS3 } from '../support/registry/s3-server.ts';
import type { S3Server } from '../support/registry/s3-server.ts';
import { temporaryDirectory } from '../support/registry/temporary-directory.ts';
import { objectsWithBucket } from '../support/release/bucket-patch.ts';
import { expectSameTree } from '../support/tree/same-tree.ts';
import { treePicture } from '../support/tree/tree-picture.ts';
import { MIB, OPTIONS, UPLOADS } from '../wire/store/fault-bench.ts';
import { CONFIG, describeStore, readAll, writeAll } from '../wire/store/store-contract.ts';
import { variablesOf } from '../wire/storage/bucket-variables.ts';
import { StorageGround } from '../wire/storage/ground.ts';

const HOUR_MS = 3_600_000;
const REDIRECT = 307;
const BUILD_MS = 1_800_000;

for (const kind of ['docker-registry', 'distribution'] as const) {
  describe(`${kind} with its blobs in a bucket`, function () {
    this.timeout(patient(120_000));
    let s3: S3Server;
    let patch: Readonly<Record<string, string>>;
    const makeBucket = async (): Promise<Bucket> => {
      const { variables, folder } = await s3.makeBucket();
      return { variables: { ...patch, ...variables }, folder };
    };

    before(async function () {
      // The first time ever the server is built.
      this.timeout(BUILD_MS);
      patch = variablesOf(await objectsWithBucket('s3'), 'tekton-cache-registry');
      s3 = await startS3();
    });
    after(async () => await s3?.stop());

    describe('that anybody may use', () => {
      let registry: RunningRegistry;
      before(async () => (registry = await startRegistry({ kind, bucket: await makeBucket() })));
      after(async () => await registry?.stop());

      // The driver of 2.8 takes no empty blob.
      if (kind === 'distribution') describeStore('RegistryStore', { place: () => `${registry.host}/` });

      it('takes the rest of an upload that was cut', async () => {
        const proxy = await FaultProxy.start(registry.host);
        const { store } = openStore(`${proxy.host}/cut`, OPTIONS);
        const bytes = randomBytes(20 * MIB);
        proxy.on('PATCH', UPLOADS, { kind: 'cut-request', after: 12 * MIB });
        const descriptor = await writeAll(store, bytes);
        expect((await readAll(store, descriptor)).equals(bytes)).to.equal(true);
        await store.close();
        proxy.stop();
      });
    });

    it('answers for its blobs by itself: nobody is sent to the bucket', async () => {
      const statusOf = async (variables: Bucket['variables']): Promise<number> => {
        const { folder, ...bucket } = await makeBucket();
        const registry = await startRegistry({
          kind,
          bucket: { folder, variables: { ...bucket.variables, ...variables } },
        });
        const { store } = openStore(`${registry.host}/app`, OPTIONS);
        await store.putBlob(sha256(CONFIG), CONFIG);
        const { status } = await fetch(`http://${registry.host}/v2/app/blobs/${sha256(CONFIG)}`, {
          redirect: 'manual',
        });
        await store.close();
        await registry.stop();
        return status;
      };
      expect(await statusOf({})).to.equal(200);
      expect(await statusOf({ REGISTRY_STORAGE_REDIRECT_DISABLE: 'false' })).to.equal(REDIRECT);
    });

    describe('in an installation', () => {
      let ground: StorageGround;
      let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
      beforeEach(async () => {
        directory = await temporaryDirectory();
        ground = new StorageGround();
        await ground.start(kind, await makeBucket());
      });
      afterEach(async () => {
        await ground.stop();
        await directory.remove();
      });

      it('keeps an entry, and gives all of it to a fetch', async () => {
        const [from, to] = ['from', 'to'].map((name) => join(directory.path, name)) as [string, string];
        for (const dir of [from, to]) fs.mkdirSync(dir);
        for (let file = 0; file < 20; file++) fs.writeFileSync(join(from, `f${file}`), randomBytes(MIB));
        const store = await ground.open('team-a/app');
        const request = { dir: from, store, reference: 'v1', paths: [], exclude: [], aliases: [], force: false };
        expect(await uploadEntry(request)).to.include({ uploaded: true, reason: 'pushed' });
        fs.writeFileSync(join(from, 'f1'), randomBytes(MIB));
        expect(await uploadEntry({ ...request, reference: 'v2' })).to.include({ uploaded: true, reason: 'pushed' });
        const fetched = { dir: to, store, reference: 'v2', paths: [], exclude: [], clean: false };
        expect(await fetchEntry(fetched)).to.include({ found: true });
        expectSameTree(treePicture(to), treePicture(from));
      });

      it('loses what nobody uses, and the bucket gets its bytes back', async () => {
        const shared = randomBytes(MIB);
        const old = await ground.push('team-a/app', 'old', [shared, randomBytes(MIB)]);
        const before = ground.bytesOnDisk;
        ground.ahead = HOUR_MS * 800;
        const kept = await ground.push('team-a/app', 'new', [shared]);
        await ground.housekeeper().look();
        expect(await ground.isThere('team-a/app', old)).to.equal(false);
        expect(ground.collections).to.equal(1);
        expect(before - ground.bytesOnDisk).to.be.within(MIB, 1.1 * MIB);
        const needed = [kept, sha256(CONFIG), sha256(shared)];
        expect(ground.blobsOnDisk.map((hex) => `sha256:${hex}`)).to.have.members(needed);
        expect(await (await ground.open('team-a/app')).hasBlob(sha256(shared))).to.equal(true);
      });
    });
  });
}
