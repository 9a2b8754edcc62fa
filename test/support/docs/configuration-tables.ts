import { CONFIG_TABLE } from '../../../controller/config/table.ts';
import type { ConfigRow } from '../../../controller/config/table/row.ts';
import { METRICS } from '../../../controller/metrics/metrics.ts';
import type { MetricRow } from '../../../controller/metrics/prometheus-text.ts';
import { STORAGE_METRICS } from '../../../controller/metrics/storage-metrics.ts';
import { TOKEN_METRICS } from '../../../controller/metrics/token-metrics.ts';
import { code, markdownTable } from './markdown-table.ts';

/** The parts of docs/configuration.md that come from the code, by the names in its marks. */
export const CONFIGURATION_TABLES: Readonly<Record<string, () => string>> = {
  keys: () => {
    const rows: readonly ConfigRow<unknown>[] = Object.values(CONFIG_TABLE);
    return markdownTable(
      ['key', 'type', 'default', 'meaning'],
      rows.map(({ key, type, default: value, meaning }) => [code(key), type, value === '' ? '' : code(value), meaning]),
    );
  },
  metrics: () => {
    const tables = [METRICS, TOKEN_METRICS, STORAGE_METRICS];
    const rows: readonly MetricRow[] = tables.flatMap((table) => Object.values(table));
    return markdownTable(
      ['metric', 'type', 'labels', 'meaning'],
      rows.map(({ name, type, labels, meaning }) => [code(name), type, labels.map(code).join(', '), meaning]),
    );
  },
};
