import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { EntryUpload, UploadOutcome } from '../../../shared/entry/entry.ts';
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { readManifest, type EntryManifest } from '../../../shared/entry/manifest/manifest.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { seeded } from '../tree/change-tree.ts';
import { until } from '../deadline.ts';
import { treePicture } from '../tree/tree-picture.ts';

/** A workspace and a layout to upload it to, both below one temporary directory. */
export interface UploadBench {
  readonly base: string;
  /** The workspace; exists and is empty. */
  readonly dir: string;
  /** Where uploads go unless told otherwise. */
  readonly target: string;
  upload(more?: Partial<EntryUpload>, to?: string): Promise<UploadOutcome>;
  /** The picture of what a fetch restores. */
  restored(from?: string, into?: string): Promise<string[]>;
  manifest(from?: string): Promise<EntryManifest>;
  write(path: string, content?: string | Buffer): void;
  /** Ages all states, so that the stat cache may trust them. */
  settle(): Promise<void>;
  remove(): void;
}

export function newUploadBench(): UploadBench {
  const base = fs.mkdtempSync(join(tmpdir(), 'upload-'));
  const dir = join(base, 'workspace');
  const target = `oci:${join(base, 'layout')}:cache`;
  fs.mkdirSync(dir);
  return {
    base,
    dir,
    target,
    upload: async (more = {}, to = target) => {
      const { store, reference } = openStore(to);
      return uploadEntry({ store, reference, dir, paths: [], exclude: [], aliases: [], force: false, ...more });
    },
    restored: async (from = target, into = fs.mkdtempSync(join(base, 'out-'))) => {
      const { store, reference } = openStore(from);
      const outcome = await fetchEntry({ store, reference, dir: into, paths: [], exclude: [], clean: true });
      expect(outcome.found, 'found').to.equal(true);
      return treePicture(into);
    },
    manifest: async (from = target) => {
      const { store, reference } = openStore(from);
      const stored = await store.getManifest(reference);
      const read = stored === undefined ? undefined : readManifest(stored.bytes);
      if (read === undefined) throw new Error('no entry');
      return read;
    },
    write: (path, content = path) => {
      fs.mkdirSync(join(dir, path, '..'), { recursive: true });
      fs.writeFileSync(join(dir, path), content);
    },
    settle: async () => {
      const last = Date.now();
      await until('the clock to pass the grain of times', 5000, () => Promise.resolve(Date.now() > last + 40));
    },
    remove: () => fs.rmSync(base, { recursive: true, force: true }),
  };
}

/** The same for the same seed. */
export function noise(length: number, seed: number): Buffer {
  const random = seeded(seed + 1);
  const words = Uint32Array.from({ length: Math.ceil(length / 4) }, () => random(2 ** 32));
  return Buffer.from(words.buffer, 0, length);
}
