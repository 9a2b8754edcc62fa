import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { Header } from 'tar';

/** One path of an image. Owner is always 0:0 and the time always the epoch, so that equal content has an equal digest. */
export type LayerEntry =
  | { readonly type: 'file'; readonly content: Buffer; readonly executable?: boolean }
  | { readonly type: 'link'; readonly to: string }
  | { readonly type: 'directory'; readonly mode?: number };

/** Entries by path, relative to the root of the image and without a leading slash. Parent directories come by themselves. */
export type LayerEntries = ReadonlyMap<string, LayerEntry>;

export interface Layer {
  readonly compressed: Buffer;
  readonly digest: string;
  /** Digest of the uncompressed tar stream, which the image's configuration lists. */
  readonly diffId: string;
  readonly uncompressedSize: number;
}

const BLOCK = 512;
const EPOCH = new Date(0);

export const sha256 = (content: Buffer): string => `sha256:${createHash('sha256').update(content).digest('hex')}`;

const withParents = (entries: LayerEntries): Map<string, LayerEntry> => {
  const all = new Map<string, LayerEntry>();
  for (const [path, entry] of entries) {
    const parts = path.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) {
      const parent = parts.slice(0, depth).join('/');
      if (!all.has(parent)) all.set(parent, { type: 'directory' });
    }
    all.set(path, entry);
  }
  return all;
};

const header = (path: string, entry: LayerEntry): Buffer => {
  const block = Buffer.alloc(BLOCK);
  const common = { uid: 0, gid: 0, uname: '', gname: '', mtime: EPOCH };
  const needsExtension = new Header(
    entry.type === 'file'
      ? { ...common, path, type: 'File', mode: entry.executable ? 0o755 : 0o644, size: entry.content.length }
      : entry.type === 'link'
        ? { ...common, path, type: 'SymbolicLink', mode: 0o777, linkpath: entry.to, size: 0 }
        : { ...common, path: `${path}/`, type: 'Directory', mode: entry.mode ?? 0o755, size: 0 },
  ).encode(block, 0);
  if (needsExtension) throw new Error(`the path ${path} is too long for an image layer`);
  return block;
};

const padding = (size: number): Buffer => Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);

/** A tar stream of the entries in the order of their paths. */
export const tarOf = (entries: LayerEntries): Buffer => {
  const parts: Buffer[] = [];
  const sorted = [...withParents(entries)].sort(([left], [right]) => (left < right ? -1 : 1));
  for (const [path, entry] of sorted) {
    parts.push(header(path, entry));
    if (entry.type === 'file') parts.push(entry.content, padding(entry.content.length));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
};

export const layerOf = (entries: LayerEntries, level = 1): Layer => {
  const tar = tarOf(entries);
  const compressed = gzipSync(tar, { level });
  return { compressed, digest: sha256(compressed), diffId: sha256(tar), uncompressedSize: tar.length };
};
