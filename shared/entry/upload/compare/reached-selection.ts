import { parentOf } from '../../../archive/paths/path.ts';
import type { Relation, Selection } from '../../../archive/paths/selection.ts';

/**
 * A selection in a workspace of which this is known: the outermost paths of it that are there, and which of them are links. A directory
 * that leads to none of them is outside.
 */
export function reachedSelection(
  selection: Selection,
  outermost: readonly string[],
  links: ReadonlyMap<string, string>,
): Selection {
  const chosen = new Set(outermost);
  const above = new Set<string>();
  for (const path of outermost) {
    for (let parent = parentOf(path); parent !== '' && !above.has(parent); parent = parentOf(parent)) above.add(parent);
  }
  const isWithin = (path: string): boolean => {
    for (let part = path; part !== ''; part = parentOf(part)) if (chosen.has(part)) return true;
    return false;
  };
  return {
    key: selection.key,
    links,
    hasExceptions: selection.hasExceptions,
    relation(path): Relation {
      const relation = selection.relation(path);
      return relation !== 'above' || above.has(path) || isWithin(path) ? relation : 'outside';
    },
  };
}
