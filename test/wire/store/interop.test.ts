import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';

import { expect } from 'chai';
import { RegistryClientV2 } from 'oci-registry-client';

import { sha256 } from '../../../shared/store/digest.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import type { RunningRegistry } from '../../support/registry/registry-process.ts';
import { CONFIG, imageOf, OCI_MANIFEST, readAll, writeAll } from './store-contract.ts';

describe('another client', () => {
  let registry: RunningRegistry;
  before(async () => {
    registry = await startRegistry();
  });
  after(() => registry.stop());

  it('reads what we wrote, and we what it wrote', async () => {
    const { store } = openStore(`${registry.host}/shared/image:v1`);
    const other = new RegistryClientV2({
      name: `${registry.host}/shared/image`,
      acceptOCIManifests: true,
      insecure: true,
    });
    const layer = randomBytes(20_000_000);
    const descriptor = await writeAll(store, layer);
    await store.putBlob(sha256(CONFIG), CONFIG);
    const image = imageOf([descriptor]);
    await store.putManifest('v1', OCI_MANIFEST, image);

    const { manifest } = await other.getManifest({ ref: 'v1' });
    expect(manifest).to.deep.equal(JSON.parse(image.toString()));
    const { stream } = await other.createBlobReadStream({ digest: descriptor.digest });
    expect(sha256(await buffer(stream))).to.equal(descriptor.digest);

    await other.putManifest({ manifestData: image, ref: 'v2', mediaType: OCI_MANIFEST });
    expect((await store.getManifest('v2'))?.descriptor).to.deep.equal({
      mediaType: OCI_MANIFEST,
      digest: sha256(image),
      size: image.length,
    });
    expect((await readAll(store, descriptor)).equals(layer)).to.equal(true);
    await store.close();
  });
});
