import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { PACKED_FRAME_BYTES } from '../../../../../shared/archive/format.ts';
import type { Unit } from '../../../../../shared/archive/pack/frame-planner.ts';
import { PackPool } from '../../../../../shared/archive/pack/pack-pool.ts';
import { LayerUploads } from '../../../../../shared/entry/upload/layers/layer-uploads.ts';
import { openStore } from '../../../../../shared/store/open-store.ts';
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

  const open = (maxBlobBytes: number): LayerUploads => {
    let id = 0;
    const { store } = openStore(`oci:${join(base, 'store')}:v1`);
    return new LayerUploads({
      store,
      pool,
      settings: { root: { dir: base, links: new Map() }, compression: 'zstd' },
      maxBlobBytes,
      takeId: () => id++,
      oneLayer: false,
      hides: false,
      onProgress: () => undefined,
      signal: undefined,
    });
  };
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
});
