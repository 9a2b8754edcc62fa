/** What a path of the workspace is packed as. */
import * as fs from 'node:fs';
import { stateOf, type FileState } from '../../../archive/files/state/file-state.ts';
import type { PackItem } from '../../../archive/pack/pack-task.ts';
import { statSource } from '../../../archive/pack/source-file.ts';
import { withSource } from '../../../archive/pack/source.ts';
import type { SourceRoot } from '../../../archive/pack/source.ts';
import { foundAttributes, type WalkItem } from '../../../archive/files/walk/walk.ts';

const { S_IFREG, S_IFDIR, S_IFLNK } = fs.constants;

export interface SizedItem {
  readonly item: PackItem;
  /** Bytes of content. */
  readonly size: number;
}

export function packItem({ path, type, stats }: WalkItem): SizedItem {
  if (type === 'file') return fileItem(path, stats.size, stats);
  if (type === 'symlink') return { item: { kind: 'symlink', path }, size: 0 };
  return { item: { kind: 'directory', path, attributes: foundAttributes({ stats }), state: stateOf(stats) }, size: 0 };
}

/** The same of a path as it is now; nothing when it is gone, or is nothing that is stored. */
export function currentItem(root: SourceRoot, path: string): SizedItem | undefined {
  const stats = withSource(root, (source) => statSource(source, path));
  if (stats?.kind === S_IFREG) return fileItem(path, stats.size, stats.state);
  if (stats?.kind === S_IFLNK) return { item: { kind: 'symlink', path }, size: 0 };
  if (stats?.kind !== S_IFDIR) return undefined;
  return { item: { kind: 'directory', path, attributes: stats.attributes, state: stats.state }, size: 0 };
}

function fileItem(path: string, size: number, { mtimeMs, ctimeMs }: FileState): SizedItem {
  return { item: { kind: 'file', path, seen: { size, mtimeMs, ctimeMs } }, size };
}
