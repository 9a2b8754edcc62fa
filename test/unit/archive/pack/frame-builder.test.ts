import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LEAST_EFFORT } from '../../../../shared/archive/pack/compress.ts';
import { FramePacker } from '../../../../shared/archive/pack/frame-packer.ts';
import { stateOf } from '../../../../shared/archive/files/state/file-state.ts';
import { readEntryBlocks } from '../../../../shared/archive/index/entry-block.ts';

describe('a directory that another thing has the place of when it is packed', () => {
  let dir: string;
  beforeEach(() => (dir = fs.mkdtempSync(join(tmpdir(), 'frame-builder-'))));
  afterEach(() => fs.rmSync(dir, { recursive: true }));

  it('has the mode and time that the walk saw, also where a file got its number', () => {
    const path = 'd';
    fs.writeFileSync(join(dir, path), 'a file', { mode: 0o600 });
    const attributes = { mode: 0o755, mtimeSec: 1e9, mtimeNs: 0 };
    const state = { ...stateOf(fs.lstatSync(join(dir, path))), mtimeMs: 1e12, ctimeMs: 1e12 };
    const packer = new FramePacker({ root: { dir, links: new Map() }, compression: 'zstd' });
    try {
      const items = [{ kind: 'directory', path, attributes, state }] as const;
      const packed = packer.pack({ layer: 0, frame: 0, items, last: true, effort: LEAST_EFFORT });
      const entries = [...readEntryBlocks(packed.blocks)];
      expect(entries).to.have.length(1);
      expect(entries[0]).to.deep.include({ type: 'directory', path, ...attributes, state });
    } finally {
      packer.close();
    }
  });
});
