import { textTable } from '../../../../shared/cli/commands/text-table.ts';
import { megabytes } from '../text-table.ts';
import type { Table } from '../text-table.ts';
import type { GoRun } from './go-run.ts';
import type { Way } from './way.ts';

/** A way, twice: with nothing cached, and with what the first run left. */
export interface Measured {
  readonly way: Way;
  readonly cold: GoRun;
  readonly warm: GoRun;
}

const HEAD = [
  'way',
  'run',
  'build step',
  'PipelineRun',
  'restored',
  'sent',
  'modules downloaded',
  'packages compiled',
  'fetch, upload',
  'hash',
];

/** One row a run. */
export const tableOf = (measured: readonly Measured[]): Table => [
  HEAD,
  ...measured.flatMap(({ way, cold, warm }) => [cells(way.title, 'cold', cold), cells('', 'warm', warm)]),
];

const cells = (title: string, run: string, { log, go, seconds, modules, fetch, upload }: GoRun): readonly string[] => [
  title,
  run,
  `${log.seconds.toFixed(1)} s`,
  `${seconds} s`,
  megabytes(fetch['fetched'] === 'true' ? fetch['size'] : undefined),
  megabytes(upload['bytes']),
  String(Math.max(modules, go.downloaded)),
  String(go.compiled),
  [fetch['reason'], upload['reason']].filter((reason) => reason !== undefined).join(', '),
  (fetch['hash'] ?? '').slice(0, 12) || '-',
];

/** For a terminal. */
export const reportAsText = (measured: readonly Measured[]): string => textTable(tableOf(measured));

const hashes = (
  measured: readonly Measured[],
): readonly { readonly hash: string; readonly titles: readonly string[] }[] => {
  const titles = new Map<string, string[]>();
  for (const { way, warm } of measured.filter(({ way }) => way.entries === 'shared')) {
    const hash = warm.fetch['hash'] ?? '';
    titles.set(hash, [...(titles.get(hash) ?? []), way.title]);
  }
  return [...titles].map(([hash, of]) => ({ hash, titles: of }));
};

/** What has to be so; a sentence for each that is not. */
export const complaints = (measured: readonly Measured[]): readonly string[] => {
  const ofWays = measured.flatMap(({ way, cold, warm }) => {
    const checks: readonly (readonly [boolean, string])[] = [
      [cold.go.compiled > 0, 'the cold run compiled nothing: it was not cold'],
      [cold.go.downloaded > 0, 'the cold run downloaded nothing: it was not cold'],
      [
        way.entries === 'none' || cold.upload['uploaded'] === 'true',
        `the cold run uploaded nothing: ${cold.upload['reason'] ?? 'no result'}`,
      ],
      [warm.go.compiled === 0, `the warm run compiled ${warm.go.compiled} packages`],
      [warm.go.downloaded === 0, `the warm run downloaded ${warm.go.downloaded} modules`],
      [warm.modules === 0, `the mirror sent ${warm.modules} modules to the warm run`],
      [way.entries === 'none' || warm.fetch['hit'] === 'true', 'the warm run had no hit'],
    ];
    return checks.filter(([holds]) => !holds).map(([, sentence]) => `${way.name}: ${sentence}`);
  });
  const different = hashes(measured);
  const agree = different.length <= 1 && different.every(({ hash }) => /^[0-9a-f]{64}$/.test(hash));
  const targets = new Set(measured.filter(({ way }) => way.entries === 'shared').map(({ warm }) => warm.fetch['target']));
  return [
    ...ofWays,
    ...(agree ? [] : ['the ways with one key do not agree on one hash']),
    ...(targets.size <= 1 ? [] : ['the warm runs do not share one entry']),
  ];
};
