import { readFileSync } from 'node:fs';

import { expect } from 'chai';
import { parse } from 'yaml';

import { METRICS } from '../../../controller/metrics/metrics.ts';
import { STORAGE_METRICS } from '../../../controller/metrics/storage-metrics.ts';
import { TOKEN_METRICS } from '../../../controller/metrics/token-metrics.ts';
import { REFUSAL_REASONS } from '../../../controller/token-service/protocol/refusal.ts';
import { REASONS } from '../../../shared/interface/results/results.ts';

const read = (name: string) =>
  parse(readFileSync(new URL(`../../../manifests/monitoring/${name}`, import.meta.url), 'utf8'));

const OURS = [METRICS, TOKEN_METRICS, STORAGE_METRICS].flatMap((table) => Object.values(table));
/** Of a histogram, Prometheus reads three series. */
const SERIES = new Map<string, readonly string[]>(
  OURS.flatMap(({ name, type, labels }) =>
    type === 'histogram'
      ? [
          [`${name}_bucket`, [...labels, 'le']],
          [`${name}_sum`, labels],
          [`${name}_count`, labels],
        ]
      : [[name, labels]],
  ),
);

interface Expressions {
  readonly rules: readonly { readonly expr: string }[];
}

interface Dashboard {
  readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
}

describe('alerts and the dashboard', () => {
  const alerts: readonly Expressions[] = read('400-alerts.yaml').spec.groups;
  const dashboard: Dashboard = JSON.parse(read('400-dashboard.yaml').data['tekton-cache.json']);
  const shown = dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
  const expressions = [...alerts.flatMap(({ rules }) => rules.map(({ expr }) => expr)), ...shown];

  for (const expression of expressions) {
    it(`ask for what we serve: ${expression}`, () => {
      const names = expression.match(/\btekton_cache_\w+/g) ?? [];
      for (const name of names) expect([...SERIES.keys()]).to.include(name);
      const known = new Set(names.flatMap((name) => SERIES.get(name) ?? []));
      if (known.size === 0) return;
      const grouped = [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
      const selected = [...expression.matchAll(/[{,](\w+)=~?"/g)].map(([, label = '']) => label);
      for (const label of [...grouped, ...selected]) expect([...known]).to.include(label);
    });
  }

  it('fire for what a counter of a process grew, not for its value: a restart makes that less, a gap takes it away', () => {
    const counters = OURS.filter(({ type }) => type === 'counter').map(({ name }) => name);
    for (const expression of alerts.flatMap(({ rules }) => rules.map(({ expr }) => expr))) {
      const values = expression
        .replaceAll(/(?:rate|increase)\(\w+(?:\{[^}]*\})?\[\w+\]\)/g, '')
        // One that begins has no growth: nothing was seen of that very series before.
        .replaceAll(/(\w+\{[^}]*\}) unless max_over_time\(\1\[\w+\] offset \w+\)/g, '');
      for (const counter of counters) expect(values).not.to.include(counter);
    }
  });

  it('name reasons that there are', () => {
    const reasons: readonly string[] = [...Object.keys(REASONS), ...REFUSAL_REASONS];
    const named = expressions.flatMap((expression) => [...expression.matchAll(/reason=~?"([^"]*)"/g)]);
    expect(named).not.to.be.empty;
    for (const [, list = ''] of named) for (const reason of list.split('|')) expect(reasons).to.include(reason);
  });

  it('show every metric', () => {
    const missing = OURS.filter(({ name }) => !shown.some((expression) => expression.includes(name)));
    expect(missing.map(({ name }) => name)).to.deep.equal([]);
  });
});
