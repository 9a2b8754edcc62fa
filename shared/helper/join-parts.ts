import type { EntryJoin, StoredReference } from '../entry/entry.ts';
import type { Join, JoinNode } from '../protocol.ts';
import { expand, lacksHash } from './cache-work.ts';
import type { CacheWork } from './cache-work.ts';

/** Tekton makes no more TaskRuns of one matrix. */
const MOST_COMBINATIONS = 256;
/** A combination that failed left no entry; after so many in a row there are no more. */
const LARGEST_GAP = 8;

/** The entries of a join, by their stores. */
export async function joinParts({ nodes, base }: Join, work: CacheWork): Promise<Pick<EntryJoin, 'nodes' | 'base'>> {
  return {
    nodes: await Promise.all(nodes.map(async (node) => ({ parts: await partsOf(node, work), after: node.after }))),
    base: await findAll(
      base.filter((template) => lacksHash(template, work) === undefined),
      work,
    ),
  };
}

async function partsOf({ targets, prefix }: JoinNode, work: CacheWork): Promise<StoredReference[]> {
  if (prefix === undefined) return await findAll(targets, work);
  const parts: StoredReference[] = [];
  for (let index = 0, gap = 0; index < MOST_COMBINATIONS && gap < LARGEST_GAP; index++) {
    const part = await work.stores.find(expand(`${prefix}${index}`, work));
    const there = (await part.store.headManifest(part.reference, work.signal)) !== undefined;
    if (there) parts.push(part);
    gap = there ? 0 : gap + 1;
  }
  return parts;
}

async function findAll(templates: readonly string[], work: CacheWork): Promise<StoredReference[]> {
  return await Promise.all(templates.map(async (template) => await work.stores.find(expand(template, work))));
}
