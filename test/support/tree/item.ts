import type { TreeEntry } from '../../../shared/archive/entries/tree-entry.ts';

/** One path of a tree that a test makes, in a directory or in an entry. */
export interface Item {
  readonly path: string;
  readonly type: TreeEntry['type'];
  readonly content?: string | Buffer;
  readonly target?: string;
  readonly mode?: number;
  readonly mtimeSec?: number;
  readonly mtimeNs?: number;
}
