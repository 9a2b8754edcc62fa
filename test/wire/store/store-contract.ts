import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { ERROR_CODES } from '../../../shared/errors.ts';
import { BlobsUnknownError } from '../../../shared/store/blobs-unknown-error.ts';
import { sha256 } from '../../../shared/store/digest.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import type { StoreOptions } from '../../../shared/store/open-store.ts';
import type { BlobRange, Descriptor, Store, BlobWrite } from '../../../shared/store/store.ts';
import { newTransfer } from '../../../shared/store/transfer.ts';
import { codeOf } from '../../support/code-of.ts';

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCTETS = 'application/octet-stream';
export const CONFIG = Buffer.from('{}');

export const failureOf = (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'no failure', codeOf);
export const errorOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

export const descriptorOf = (bytes: Buffer): Descriptor => ({
  mediaType: OCTETS,
  digest: sha256(bytes),
  size: bytes.length,
});

export const imageOf = (layers: readonly Descriptor[], note = ''): Buffer =>
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: OCI_MANIFEST,
      config: { mediaType: 'application/vnd.oci.image.config.v1+json', digest: sha256(CONFIG), size: CONFIG.length },
      layers,
      annotations: { note },
    }),
  );

export const readAll = async (store: Store, descriptor: Descriptor, range?: BlobRange): Promise<Buffer> => {
  const parts: Buffer[] = [];
  await store.readBlob(descriptor, (chunk) => void parts.push(Buffer.from(chunk)), range);
  return Buffer.concat(parts);
};

/** Writes `bytes` in pieces of `pieceBytes`, as packing does: what is needed no more is gone. */
export const writePieces = async (write: BlobWrite, bytes: Buffer, pieceBytes = 1024 * 1024): Promise<void> => {
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = Buffer.from(bytes.subarray(at, at + pieceBytes));
    await write(piece, () => void piece.fill(0));
  }
};

export const writeAll = (store: Store, bytes: Buffer, pieceBytes?: number): Promise<Descriptor> =>
  store.writeBlob(OCTETS, async (write) => await writePieces(write, bytes, pieceBytes));

interface ContractOptions {
  /** `registry/` or `oci:DIR/`; a repository's name is appended. */
  readonly place: () => string;
  readonly options?: () => StoreOptions;
  /** `crane registry serve` looks for no blobs when it takes a manifest. */
  readonly refusesUnknownBlobs?: boolean;
  /** It has no mounting; the answer is no. */
  readonly mounts?: boolean;
}

/** What every store does, whatever it stands on. */
export const describeStore = (what: string, contract: ContractOptions): void => {
  const { place, options, refusesUnknownBlobs = true, mounts = true } = contract;
  describe(what, () => {
    const large = randomBytes(20 * 1024 * 1024 + 12_345);
    const transfer = newTransfer();
    let repositories = 0;
    let stores: Store[];
    const open = (): Store => {
      const { store } = openStore(`${place()}repository-${repositories++}`, { transfer, ...options?.() });
      stores.push(store);
      return store;
    };

    beforeEach(() => {
      stores = [];
    });
    afterEach(async () => {
      for (const store of stores) await store.close();
    });

    it('has nothing before something was put', async () => {
      const store = open();
      expect(await store.headManifest('v1')).to.equal(undefined);
      expect(await store.getManifest('v1')).to.equal(undefined);
      expect(await store.hasBlob(sha256(CONFIG))).to.equal(false);
      expect(await failureOf(readAll(store, descriptorOf(CONFIG)))).to.equal(ERROR_CODES.NotFound);
    });

    it('takes a small blob once', async () => {
      const store = open();
      expect(await store.putBlob(sha256(CONFIG), CONFIG)).to.equal(true);
      expect(await store.putBlob(sha256(CONFIG), CONFIG)).to.equal(false);
      expect(await store.hasBlob(sha256(CONFIG))).to.equal(true);
    });

    for (const [size, pieces] of [
      [0, 1],
      [1, 1],
      [3_000_000, 65_536],
      [8 * 1024 * 1024, 1024 * 1024],
      [8 * 1024 * 1024 + 1, 1024 * 1024],
      [large.length, 999_999],
      [large.length, large.length],
    ] as const) {
      it(`writes and reads ${size} bytes that come in pieces of ${pieces}`, async () => {
        const store = open();
        const bytes = large.subarray(0, size);
        expect(await writeAll(store, bytes, pieces)).to.deep.equal(descriptorOf(bytes));
        expect((await readAll(store, descriptorOf(bytes))).equals(bytes)).to.equal(true);
      });
    }

    it('takes several blobs at once', async () => {
      const store = open();
      const blobs = [1, 2, 3, 4].map((n) => large.subarray(0, n * 5_000_000));
      const written = await Promise.all(blobs.map((bytes) => writeAll(store, bytes, 700_001)));
      const read = await Promise.all(written.map((descriptor) => readAll(store, descriptor)));
      expect(read.map(sha256)).to.deep.equal(blobs.map(sha256));
    });

    it('reads ranges', async () => {
      const store = open();
      const descriptor = await writeAll(store, large);
      for (const [offset, length] of [
        [0, 1],
        [12_345, 3_000_000],
        [large.length - 7, 7],
        [500, 0],
        [0, large.length],
      ] as const) {
        const range = await readAll(store, descriptor, { offset, length });
        expect(range.equals(large.subarray(offset, offset + length)), `${offset}+${length}`).to.equal(true);
      }
    });

    it('reads no faster than the sink takes', async () => {
      const store = open();
      const descriptor = await writeAll(store, large);
      let busy = false;
      const read = Buffer.alloc(large.length);
      let at = 0;
      await store.readBlob(descriptor, async (chunk) => {
        expect(busy).to.equal(false);
        busy = true;
        await new Promise(setImmediate);
        // Only now: the chunk has to stay as it is until the promise is settled.
        read.set(chunk, at);
        at += chunk.length;
        busy = false;
      });
      expect(read.equals(large)).to.equal(true);
    });

    it('passes the errors of sinks and sources on, and goes on working', async () => {
      const store = open();
      const descriptor = await writeAll(store, large);
      const failure = new Error('the disk is full');
      const fail = (): Promise<void> => Promise.reject(failure);
      expect(await errorOf(store.readBlob(descriptor, fail))).to.equal(failure);
      expect(await errorOf(store.writeBlob(OCTETS, fail))).to.equal(failure);
      const late = async (write: (chunk: Uint8Array) => Promise<void>): Promise<void> => {
        await write(large);
        await fail();
      };
      expect(await errorOf(store.writeBlob(OCTETS, late))).to.equal(failure);
      expect((await readAll(store, descriptor)).equals(large)).to.equal(true);
    });

    it('puts manifests under tags and digests, and moves tags', async () => {
      const store = open();
      await store.putBlob(sha256(CONFIG), CONFIG);
      const [first, second] = [imageOf([], 'first'), imageOf([], 'second')];
      const expected = { mediaType: OCI_MANIFEST, digest: sha256(first), size: first.length };
      expect(await store.putManifest('v1', OCI_MANIFEST, first)).to.deep.equal(expected);
      expect(await store.headManifest('v1')).to.deep.equal(expected);
      expect(await store.getManifest('v1')).to.deep.equal({ descriptor: expected, bytes: first });
      expect(await store.getManifest(sha256(first))).to.deep.equal({ descriptor: expected, bytes: first });
      await store.putManifest('v1', OCI_MANIFEST, second);
      expect((await store.headManifest('v1'))?.digest).to.equal(sha256(second));
      await store.putManifest(sha256(first), OCI_MANIFEST, first);
      expect((await store.headManifest(sha256(first)))?.digest).to.equal(sha256(first));
    });

    if (refusesUnknownBlobs) {
      it('names the blobs that a manifest lacks', async () => {
        const store = open();
        await store.putBlob(sha256(CONFIG), CONFIG);
        const missing = [descriptorOf(Buffer.from('one')), descriptorOf(Buffer.from('two'))];
        const error = await errorOf(store.putManifest('v1', OCI_MANIFEST, imageOf(missing)));
        expect(error).to.be.instanceOf(BlobsUnknownError).with.property('code', ERROR_CODES.NotFound);
        const { digests } = error as BlobsUnknownError;
        expect(digests).to.have.members(missing.map(({ digest }) => digest));
      });
    }

    it('mounts a blob of another repository without moving it', async () => {
      const [theirs, ours] = [open(), open()];
      const descriptor = await writeAll(theirs, large);
      const before = transfer.bytesSent;
      expect(await ours.mountBlob(descriptor.digest, theirs)).to.equal(mounts);
      expect(transfer.bytesSent).to.equal(before);
      if (mounts) expect((await readAll(ours, descriptor)).equals(large)).to.equal(true);
      expect(await ours.mountBlob(sha256(Buffer.from('nowhere')), theirs)).to.equal(false);
    });
  });
};
