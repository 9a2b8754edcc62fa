import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { FRAME_BYTES, PACKED_FRAME_BYTES } from '../../../../../shared/archive/format.ts';
import { partsOf } from '../../../../../shared/archive/pack/frame-planner.ts';
import type { Unit } from '../../../../../shared/archive/pack/frame-planner.ts';
import { PackPool } from '../../../../../shared/archive/pack/pack-pool.ts';
import { LayerUploads } from '../../../../../shared/entry/upload/layers/layer-uploads.ts';
import type { PackTask } from '../../../../../shared/archive/pack/pack-task.ts';
import type { LayerUploadsOptions } from '../../../../../shared/entry/upload/layers/layer-uploads.ts';
import { openStore } from '../../../../../shared/store/open-store.ts';
import type { BlobSource, BlobWrite, Store } from '../../../../../shared/store/store.ts';
import { until } from '../../../../support/deadline.ts';
import { noise } from '../../../../support/entry/upload-bench.ts';

const MIB = 1024 * 1024;
/** Each of them ends with its only frame; the next one is not full so soon. */
const SHORT_LAYERS = 24;

describe('the layers of an upload', () => {
  let base: string;
  let pool: PackPool;

  beforeEach(() => {
    base = fs.mkdtempSync(join(tmpdir(), 'layers-'));
    pool = new PackPool({ root: { dir: base, links: new Map() }, compression: 'zstd' });
  });
  afterEach(async () => {
    await pool.close();
    fs.rmSync(base, { recursive: true, force: true });
  });

  const open = (maxBlobBytes: number, more: Partial<LayerUploadsOptions> = {}): LayerUploads => {
    let id = 0;
    return new LayerUploads({
      store: openStore(`oci:${join(base, 'store')}:v1`).store,
      pool,
      settings: { root: { dir: base, links: new Map() }, compression: 'zstd' },
      maxBlobBytes,
      takeId: () => id++,
      oneLayer: false,
      hides: false,
      onProgress: () => undefined,
      signal: undefined,
      ...more,
    });
  };
  /** A store with some of its operations replaced. */
  const storeWith = (replaced: Partial<Store>): Store =>
    new Proxy(openStore(`oci:${join(base, 'store')}:v1`).store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(replaced, name) ?? Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  const file = (path: string, content: Buffer): Unit => {
    fs.writeFileSync(join(base, path), content);
    if (content.length > 16 * MIB) return { kind: 'large', path, size: content.length, ancestors: [] };
    const { size, mtimeMs, ctimeMs } = fs.statSync(join(base, path));
    return { kind: 'frame', items: [{ kind: 'file', path, seen: { size, mtimeMs, ctimeMs } }] };
  };
  const add = async (uploads: LayerUploads, unit: Unit): Promise<void> => {
    const before = uploads.files;
    await uploads.add(unit);
    await until('the unit to be packed', 10_000, () => Promise.resolve(uploads.files > before));
  };

  it('are no larger than a blob may be, whatever the file that comes', async () => {
    const maxBlobBytes = 2 * PACKED_FRAME_BYTES + 100;
    const uploads = open(maxBlobBytes);
    for (let i = 0; i < SHORT_LAYERS; i++) await add(uploads, file(`short-${i}`, noise(1000, i)));
    await until('the short layers', 10_000, () => Promise.resolve(uploads.layers.length === SHORT_LAYERS));
    await add(uploads, file('t', noise(16 * MIB - 10_000, 100)));
    await add(uploads, file('u', noise(20 * MIB, 101)));
    await add(uploads, file('v', noise(1000, 102)));
    await uploads.flush();
    const sizes = uploads.layers.toSorted((a, b) => a.id - b.id).map(({ descriptor }) => descriptor.size);
    expect(Math.max(...sizes)).to.be.at.most(maxBlobBytes);
    expect(uploads.files).to.equal(SHORT_LAYERS + 3);
  });

  it('are ended while others are still packed, so that the store makes a blob of one meanwhile', async () => {
    const held = 'held';
    const holding = new Proxy(pool, {
      get: (target, name) => {
        if (name === 'slots') return 2;
        if (name === 'pack') {
          return async (slot: number, task: PackTask) => {
            const isHeld = task.items.some(({ path }) => path === held);
            if (isHeld) await until('the other layer', 10_000, () => Promise.resolve(isEnded()));
            return await target.pack(slot, task);
          };
        }
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const uploads = open(1e9, { pool: holding });
    const isEnded = (): boolean => uploads.layers.length > SHORT_LAYERS;
    for (let i = 0; i < SHORT_LAYERS; i++) await add(uploads, file(`short-${i}`, noise(1000, i)));
    await until('the short layers', 10_000, () => Promise.resolve(uploads.layers.length === SHORT_LAYERS));
    await uploads.add(file(held, noise(1000, 100)));
    await uploads.add(file('quick', noise(1000, 101)));
    await uploads.flush();
    expect(uploads.layers.length).to.equal(SHORT_LAYERS + 2);
  });

  describe('that ends before its time', () => {
    const LARGE_BYTES = 5 * FRAME_BYTES;
    const PARTS = [...partsOf('large', LARGE_BYTES, [])].length;
    const refusal = new Error('The registry refuses the blob.');
    const refuse = (): Promise<never> => Promise.reject(refusal);

    const addLarge = async (uploads: LayerUploads): Promise<void> => {
      fs.writeFileSync(join(base, 'large'), '');
      fs.truncateSync(join(base, 'large'), LARGE_BYTES);
      await uploads.add({ kind: 'large', path: 'large', size: LARGE_BYTES, ancestors: [] });
    };
    /** What the upload ended with. */
    const endOf = (uploads: LayerUploads): Promise<unknown> => uploads.flush().catch((error: unknown) => error);

    it('as the first frame of a large file is refused: at most the next one is packed', async () => {
      let packed = 0;
      const store = storeWith({ writeBlob: (_, source) => source(refuse).then(refuse) });
      const uploads = open(1e9, { store, onProgress: () => void packed++ });
      await addLarge(uploads);
      expect(await endOf(uploads)).to.equal(refusal);
      await uploads.abandon(refusal);
      expect(packed).to.be.at.most(2);
    });

    for (const part of [1, 2, PARTS]) {
      it(`after part ${part} of ${PARTS} of a large file: no further one is packed, and nothing is in the store`, async () => {
        let packed = 0;
        let begun = 0;
        const { store } = openStore(`oci:${join(base, 'store')}:v1`);
        const writeBlob: Store['writeBlob'] = async (...blob) => {
          begun++;
          await store.writeBlob(...blob).finally(() => begun--);
          throw new Error('The blob is complete.');
        };
        let abandoned: Promise<void> | undefined;
        const uploads: LayerUploads = open(1e9, {
          store: storeWith({ writeBlob }),
          onProgress: () => {
            if (++packed === part) abandoned = uploads.abandon(refusal);
          },
        });
        await addLarge(uploads);
        expect(await endOf(uploads)).to.equal(refusal);
        await abandoned;
        expect({ packed, begun }).to.deep.equal({ packed: part, begun: 0 });
      });
    }
  });

  describe('of one frame each', () => {
    /** A second of a clock that nothing else moves goes by for each layer, once the next one is packed. */
    const effortsWhere = async (slow: 'wire' | 'store'): Promise<readonly number[]> => {
      let [now, layers] = [0, 0];
      const { store } = openStore(`oci:${join(base, slow)}:v1`);
      const putBlob: Store['putBlob'] = async (digest, bytes, signal, taken) => {
        const layer = ++layers;
        const second = async (): Promise<void> => {
          const packed = (): Promise<boolean> => Promise.resolve(uploads.files > layer || layer === SHORT_LAYERS);
          await until('the next layer', 10_000, packed, 1);
          now += 1000;
        };
        if (slow === 'wire') await second();
        taken?.();
        if (slow === 'store') await second();
        return store.putBlob(digest, bytes, signal);
      };
      const uploads: LayerUploads = open(1e9, {
        store: storeWith({ putBlob }),
        pool: with1Slot(pool),
        clock: () => now,
      });
      for (let i = 0; i < SHORT_LAYERS; i++) await add(uploads, file(`f-${i}`, sentences(i)));
      await uploads.flush();
      return uploads.efforts;
    };
    /** So that a frame waits for the one before it. */
    const with1Slot = (pool: PackPool): PackPool =>
      new Proxy(pool, {
        get: (target, name) => {
          if (name === 'slots') return 1;
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });

    it('are not compressed harder for what this thread does not see while it packs', async () => {
      let [now, packed, sent] = [0, 0, 0];
      const packing = new Proxy(pool, {
        get: (target, name) => {
          if (name === 'slots') return 2;
          if (name === 'pack') {
            return (slot: number, task: PackTask) => {
              now += slot === 0 ? 1000 : 10_000;
              packed++;
              return target.pack(slot, task);
            };
          }
          const value: unknown = Reflect.get(target, name);
          return typeof value === 'function' ? value.bind(target) : value;
        },
      });
      const { store } = openStore(`oci:${join(base, 'unseen')}:v1`);
      /** The wire has taken a frame of one slot when the other slot has packed, too. */
      const putBlob: Store['putBlob'] = async (digest, bytes, signal, taken) => {
        const least = Math.min(++sent + 3, SHORT_LAYERS);
        await until('the frame of the other slot', 10_000, () => Promise.resolve(packed >= least), 1);
        taken?.();
        return store.putBlob(digest, bytes, signal);
      };
      const uploads = open(1e9, { store: storeWith({ putBlob }), pool: packing, clock: () => now });
      for (let i = 0; i < SHORT_LAYERS; i++) await add(uploads, file(`f-${i}`, sentences(i)));
      await uploads.flush();
      expect(uploads.efforts).to.deep.equal([SHORT_LAYERS]);
    });

    it('are compressed harder where the wire is slow to take them', async () => {
      expect((await effortsWhere('wire')).length).to.be.at.least(2);
    });

    it('are not compressed harder where the wire takes them at once, and the store is slow to make blobs of them', async () => {
      expect((await effortsWhere('store')).length).to.equal(1);
    });
  });

  describe('over a wire that takes a frame only when the next one is ready', () => {
    const FRAMES = 8;
    const SECOND = 1000;
    let now: number;
    let packed: number;
    let isOpen: boolean;

    beforeEach(() => {
      [now, packed, isOpen] = [0, 0, false];
    });

    /** Each frame takes the wire a second of a clock that nothing else moves. `passes`: how often it wants the bytes. */
    const slowStore = (passes: number): Store => {
      const { store } = openStore(`oci:${join(base, 'store')}:v1`);
      const slowly = (source: BlobSource, write: BlobWrite): Promise<void> => {
        let frames = 0;
        return source(async (chunk, done) => {
          const frame = ++frames;
          await until('the next frame', 10_000, () => Promise.resolve(packed > frame || isOpen), 1);
          now += SECOND;
          await write(chunk, done);
        });
      };
      const writeBlob: Store['writeBlob'] = async (mediaType, source, signal) => {
        for (let pass = 1; pass < passes; pass++) await slowly(source, () => Promise.resolve());
        return store.writeBlob(mediaType, (write) => slowly(source, write), signal);
      };
      return storeWith({ writeBlob });
    };
    const upload = async (
      store: Store,
      { content = sentences, ...more }: Partial<LayerUploadsOptions> & { content?: (seed: number) => Buffer } = {},
    ): Promise<LayerUploads> => {
      const onProgress = (): void => void packed++;
      const uploads = open(1e9, { store, oneLayer: true, clock: () => now, onProgress, ...more });
      for (let i = 0; i < FRAMES; i++) await add(uploads, file(`f-${i}`, content(i)));
      isOpen = true;
      await uploads.flush();
      return uploads;
    };

    it('frames are compressed harder, and without one they are not', async () => {
      const [least = 0, ...harder] = (await upload(slowStore(1))).efforts;
      expect(least).to.be.at.most(3);
      expect(harder.length).to.be.at.least(1);
      isOpen = false;
      const fast = await upload(openStore(`oci:${join(base, 'other')}:v1`).store);
      expect(fast.efforts.length).to.equal(1);
    });

    it('frames that are only stored are not said to be compressed harder', async () => {
      const { efforts } = await upload(slowStore(1), { content: (seed) => noise(2 * MIB, seed) });
      // The first one was tried. The last one is the end of the archive.
      expect(efforts).to.deep.equal([2]);
    });

    it('frames of gzip, which has one level, are not said to be compressed harder', async () => {
      const settings = { root: { dir: base, links: new Map() }, compression: 'gzip' } as const;
      const gzip = new PackPool(settings);
      const { efforts } = await upload(slowStore(1), { pool: gzip, settings });
      await gzip.close();
      expect(efforts).to.deep.equal([]);
    });

    it('a second packing compresses each frame as hard as the first did', async () => {
      const uploads = await upload(slowStore(2));
      expect(uploads.layers.map(({ frames }) => frames.length)).to.deep.equal([FRAMES + 1]);
    });
  });
});

/** Text of which a harder search makes fewer bytes. */
function sentences(seed: number): Buffer {
  const words =
    noise(4000, seed)
      .toString('hex')
      .match(/.{1,7}/g) ?? [];
  return Buffer.from(Array.from({ length: 30_000 }, (_, i) => words[(i * i * 7 + seed) % words.length]).join(' '));
}
