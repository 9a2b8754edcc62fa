/** The entry that a target names, as the command line would have it: by name alone. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import type { EntryUpload, UploadOutcome } from '../../../shared/entry/entry.ts';
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { treePicture } from '../tree/tree-picture.ts';

export async function uploadTo(target: string, dir: string, more?: Partial<EntryUpload>): Promise<UploadOutcome> {
  const { store, reference } = openStore(target);
  try {
    return await uploadEntry({ store, reference, dir, paths: [], exclude: [], aliases: [], force: false, ...more });
  } finally {
    await store.close();
  }
}

/** Picture of the tree that a fetch into an empty directory below `scratch` gives; nothing when there is no entry. */
export async function restoredFrom(target: string, scratch: string): Promise<string[] | undefined> {
  const dir = fs.mkdtempSync(join(scratch, 'restored-'));
  const { store, reference } = openStore(target);
  try {
    const { found } = await fetchEntry({ store, reference, dir, paths: [], exclude: [], clean: true });
    return found ? treePicture(dir) : undefined;
  } finally {
    await store.close();
    fs.rmSync(dir, { recursive: true });
  }
}
