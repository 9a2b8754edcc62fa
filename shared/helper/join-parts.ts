import type { EntryJoin, StoredReference } from '../entry/entry.ts';
import type { Join, JoinNode } from '../request/protocol.ts';
import { expand, lacksHash } from './cache-work.ts';
import type { CacheWork } from './cache-work.ts';

/** Tekton makes no more TaskRuns of one matrix. */
const MOST_COMBINATIONS = 256;
/** How many of them are asked for at once. */
const BATCH = 32;

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

/** Of a matrix of unknown size every name is asked for: a combination that failed left no entry, whatever its place. */
async function partsOf({ targets, prefix }: JoinNode, work: CacheWork): Promise<StoredReference[]> {
  const named = await findAll(targets, work);
  if (prefix === undefined) return named;
  const found: StoredReference[] = [];
  for (let first = 0; first < MOST_COMBINATIONS; first += BATCH) {
    const batch = Array.from({ length: BATCH }, (_, at) => `${prefix}${first + at}`);
    const parts = await findAll(batch, work);
    const there = await Promise.all(
      parts.map(async ({ store, reference }) => await store.headManifest(reference, work.signal)),
    );
    found.push(...parts.filter((_, at) => there[at] !== undefined));
  }
  return [...named, ...found];
}

async function findAll(templates: readonly string[], work: CacheWork): Promise<StoredReference[]> {
  return await Promise.all(templates.map(async (template) => await work.stores.find(expand(template, work))));
}
