import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect } from 'chai';
import { LEAST_EFFORT } from '../../../../../shared/archive/pack/compress.ts';
import type { PackResult, PackTask } from '../../../../../shared/archive/pack/pack-task.ts';
import { LayerBlob } from '../../../../../shared/entry/upload/layers/layer-blob.ts';
import { openStore } from '../../../../../shared/store/open-store.ts';
import type { BlobSource, Descriptor, Store } from '../../../../../shared/store/store.ts';
import { until } from '../../../../support/deadline.ts';

const MIB = 1024 * 1024;

describe('the blob of a layer', () => {
  it('keeps no frame once its upload was refused', async () => {
    const refusal = new Error('The registry refuses the blob.');
    const refuse = (): Promise<never> => Promise.reject(refusal);
    const store: Store = Object.assign(Object.create(openStore('oci:/nowhere:v1').store), {
      writeBlob: () => refuse(),
    });
    const blob = new LayerBlob(store, { root: { dir: '/nowhere', links: new Map() }, compression: 'zstd' }, undefined);
    const refused = async (frame: number): Promise<WeakRef<Uint8Array>> => {
      const { task, packed } = frameOf(frame);
      expect(await blob.add(task, packed, () => undefined).catch((error: unknown) => error)).to.equal(refusal);
      return new WeakRef(packed.compressed);
    };
    const frames = [await refused(0), await refused(1), await refused(2)];
    await until('the frames to be collected', 10_000, () => {
      collectGarbage();
      return Promise.resolve(frames.every((frame) => frame.deref() === undefined));
    });
    // It is still there itself.
    await blob.abandon(refusal);
  });
});

describe('the wire that a layer is sent over', () => {
  for (const frames of [1, 3]) {
    it(`has taken a layer of ${frames} frames before the store has made a blob of it`, async () => {
      const told: string[] = [];
      const commit = async (): Promise<void> => {
        await until('the last frame to be taken', 10_000, () => Promise.resolve(told.length === frames));
        told.push('blob');
      };
      const store: Store = Object.assign(Object.create(openStore('oci:/nowhere:v1').store), {
        putBlob: async (...[, , , taken]: Parameters<Store['putBlob']>): Promise<boolean> => {
          taken?.();
          await commit();
          return true;
        },
        writeBlob: async (mediaType: string, source: BlobSource): Promise<Descriptor> => {
          await source(() => Promise.resolve());
          await commit();
          return { mediaType, digest: '', size: frames * MIB };
        },
      });
      const blob = new LayerBlob(
        store,
        { root: { dir: '/nowhere', links: new Map() }, compression: 'zstd' },
        undefined,
      );
      for (let frame = 0; frame < frames; frame++) {
        const { task, packed } = frameOf(frame);
        await blob.add({ ...task, last: frame === frames - 1 }, packed, () => told.push('frame'));
      }
      expect(told).to.deep.equal([...Array.from({ length: frames }, () => 'frame'), 'blob']);
    });
  }
});

function frameOf(frame: number): { readonly task: PackTask; readonly packed: PackResult } {
  return {
    task: { layer: 0, frame, items: [], last: false, effort: LEAST_EFFORT },
    packed: {
      frame: { size: MIB, tarSize: MIB, digest: '' },
      compressed: new Uint8Array(MIB),
      effort: LEAST_EFFORT,
      blocks: [],
      files: 0,
      bytes: 0,
      live: 0,
      failures: [],
      diffId: undefined,
      kept: new Uint8Array(),
    },
  };
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  collect();
}
