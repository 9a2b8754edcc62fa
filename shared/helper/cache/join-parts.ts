import type { EntryJoin, StoredReference } from '../../entry/entry.ts';
import { mapBounded } from '../../entry/join/bounded.ts';
import type { Join, JoinNode } from '../../request/protocol.ts';
import { readAs, writtenAs } from '../../scope/scoped-reference.ts';
import { expand, lacksHash } from './cache-work.ts';
import type { CacheWork } from './cache-work.ts';

/** Tekton makes no more TaskRuns of one matrix. */
const MOST_COMBINATIONS = 256;
/** The entries of a join, by their stores. */
export async function joinParts({ nodes, base }: Join, work: CacheWork): Promise<Pick<EntryJoin, 'nodes' | 'base'>> {
  return {
    nodes: await nodesOf(nodes, work),
    base: await Promise.all(
      base
        .filter((template) => lacksHash(template, work) === undefined)
        .flatMap((template) => readAs(expand(template, work), work.scoped))
        .map(async (reference) => await work.stores.find(reference)),
    ),
  };
}

/** Reads the nodes one after the other: each asks for many names at once. */
async function nodesOf(nodes: readonly JoinNode[], work: CacheWork): Promise<EntryJoin['nodes']> {
  const found: EntryJoin['nodes'][number][] = [];
  for (const node of nodes) found.push({ parts: await partsOf(node, work), after: node.after });
  return found;
}

/** The size of the matrix may be unknown, and a combination that failed left no entry: so each possible name is asked for. */
async function partsOf({ targets, prefix }: JoinNode, work: CacheWork): Promise<StoredReference[]> {
  const named = await findAll(targets, work);
  if (prefix === undefined) return named;
  const names = Array.from({ length: MOST_COMBINATIONS }, (_, at) => `${prefix}${at}`);
  const parts = await findAll(names, work);
  const there = await mapBounded(
    parts,
    async ({ store, reference }) => await store.headManifest(reference, work.signal),
  );
  return [...named, ...parts.filter((_, at) => there[at] !== undefined)];
}

/** Tasks of this run wrote these entries, into the place that this run writes. */
async function findAll(templates: readonly string[], work: CacheWork): Promise<StoredReference[]> {
  return await Promise.all(
    templates.map(async (template) => await work.stores.find(writtenAs(expand(template, work), work.scoped))),
  );
}
