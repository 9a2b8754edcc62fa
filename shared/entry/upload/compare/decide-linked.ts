/** From the comparisons of files with several names to their changes. */
import { groupByInode } from '../../../archive/files/walk/hard-links.ts';
import type { FileState } from '../../../archive/files/state/file-state.ts';
import { comparePaths } from '../../../archive/paths/path.ts';
import type { TreeEntry } from '../../../archive/entries/tree-entry.ts';
import type { WalkItem } from '../../../archive/files/walk/walk.ts';
import { packItem } from '../layers/pack-items.ts';
import { classifyChange } from './classify-change.ts';
import type { Comparison } from './compare-tree.ts';
import { decideChanges } from './decide-changes.ts';
import type { DecisionOptions, LinkedComparison } from './decide-changes.ts';

/** Files whose other names are outside of the cache are like others; the names of one file stay or go together. */
export async function decideLinked(linked: readonly LinkedComparison[], options: DecisionOptions): Promise<void> {
  const { root, builder, pace } = options;
  const { alone, groups } = await pace.run(groupByInode(root, linked));
  const touched: { readonly entry: TreeEntry; readonly state: FileState }[] = [];
  const rewritten: { readonly item: WalkItem; readonly target: string | undefined }[] = [];
  for (const group of groups) {
    const [first] = group;
    if (first === undefined) continue;
    if (pace.isDue) await pace.rest();
    const state = await keptState(group, options);
    if (state === undefined) {
      group.forEach(({ item }, n) => rewritten.push({ item, target: n === 0 ? undefined : first.item.path }));
    } else if (state !== 'recorded') {
      for (const { known } of group) if (known !== undefined) touched.push({ entry: known, state });
    }
  }
  for (const { entry, state } of touched.toSorted((a, b) => comparePaths(a.entry.path, b.entry.path))) {
    builder.touch(entry, state);
  }
  await builder.endPhase();
  await decideChanges(singles(alone), options);
  await builder.endPhase();
  rewritten.sort((a, b) => comparePaths(a.item.path, b.item.path));
  await builder.packTogether(
    rewritten.map(({ item, target }) =>
      target === undefined ? packItem(item) : { item: { kind: 'hardlink', path: item.path, target }, size: 0 },
    ),
  );
}

function* singles(linked: readonly LinkedComparison[]): IterableIterator<Comparison> {
  for (const one of linked.toSorted((a, b) => comparePaths(a.item.path, b.item.path))) yield asSingle(one);
}

function asSingle({ item, known, kept }: LinkedComparison): Comparison {
  if (kept && known?.type === 'file') return { kind: 'kept', item, known };
  if (known?.type === 'file' && known.size === item.stats.size) return { kind: 'doubtful', item, known };
  return { kind: 'new', item };
}

/** The state of the file when these are the same names of the same content as before; nothing when they are not. */
async function keptState(
  group: readonly LinkedComparison[],
  { pool, sameWorkspace, moving }: DecisionOptions,
): Promise<FileState | 'recorded' | undefined> {
  const [first] = group;
  if (first?.known?.type !== 'file') return undefined;
  const file = first.known;
  const sameNames = group.every(
    ({ known }, n) =>
      n === 0 || (known?.type === 'hardlink' && known.target === file.path && known.layer === file.layer),
  );
  if (!sameNames || file.size !== first.item.stats.size || moving.has(file.layer)) return undefined;
  if (group.every(({ kept }) => kept)) return 'recorded';
  const [content] = await pool.digest(0, [file.path]);
  if (content?.found !== true) return undefined;
  const sameContent = content.digest === file.digest && content.size === file.size;
  const judgement = classifyChange(file, { attributes: content.attributes, sameContent, sameWorkspace });
  return judgement === 'same' ? content.state : undefined;
}
