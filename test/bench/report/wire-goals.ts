import { NODE_MODULES } from '../trees/corpora.ts';
import { overWire, WIRES } from '../wire.ts';
import { againstFastest } from './goal.ts';
import type { Goal } from './goal.ts';

/** Where users are: no peer is faster. */
export const wireGoals: readonly Goal[] = WIRES.flatMap((wire) =>
  (['upload', 'fetch'] as const).map((verb) => ({
    case: `cold ${verb} over ${wire.name}`,
    goal: 'at most 1.0 x the fastest peer',
    limit: 1,
    unit: 'x' as const,
    figure: againstFastest(overWire(`${verb} ${NODE_MODULES.name}`, wire)),
  })),
);
