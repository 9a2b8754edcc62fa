import { CONFIG_TABLE } from './table.ts';
import type { ConfigRow } from './table/row.ts';

/** The table of keys for `docs/configuration.md`. */
export function configReference(): string {
  const rows: readonly ConfigRow<unknown>[] = Object.values(CONFIG_TABLE);
  const lines = rows.map(({ key, type, default: value, meaning }) => {
    return `| \`${key}\` | ${type} | ${value === '' ? '' : `\`${value}\``} | ${meaning} |`;
  });
  return ['| key | type | default | meaning |', '|---|---|---|---|', ...lines, ''].join('\n');
}
