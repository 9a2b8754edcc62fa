/** From all comparisons of a workspace to its changes, in two phases: each path by itself, then the names of each file together. */
import type { Comparison } from './compare-tree.ts';
import { decideChanges } from './decide-changes.ts';
import type { DecisionOptions } from './decide-changes.ts';
import { decideLinked } from './decide-linked.ts';

/** Ends at once when the builder refuses a change. */
export async function collectChanges(
  comparisons: Iterable<Comparison | undefined>,
  options: DecisionOptions,
): Promise<void> {
  const linked = await decideChanges(comparisons, options);
  if (options.builder.refusal !== undefined) return;
  await options.builder.endPhase();
  if (linked.length > 0) await decideLinked(linked, options);
}
