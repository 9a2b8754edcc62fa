import { textTable } from '../../../../shared/cli/commands/text-table.ts';
import { megabytes } from '../text-table.ts';
import type { Table } from '../text-table.ts';
import type { Measured, MeasuredRun } from './measure.ts';

export const HEAD = ['way', 'run', 'build step', 'PipelineRun', 'downloads', 'compilations', 'restored', 'sent'];

/** Two rows a way. */
export const tableOf = (measured: readonly Measured[]): Table => [
  HEAD,
  ...measured.flatMap(({ way, cold, warm }) => [
    [way.title, 'cold', ...cells(cold)],
    ['', 'warm', ...cells(warm)],
  ]),
];

/** For a terminal: the ways of several samples. */
export const reportAsText = (measured: readonly Measured[]): string => {
  const [, ...rows] = tableOf(measured);
  const samples = measured.flatMap(({ sample }) => [sample, '']);
  return textTable([['sample', ...HEAD], ...rows.map((row, index) => [samples[index] ?? '', ...row])]);
};

const cells = ({ log, seconds, downloads, compilations, fetch, upload }: MeasuredRun): readonly string[] => [
  `${log.seconds.toFixed(1)} s`,
  `${seconds} s`,
  String(downloads),
  compilations === undefined ? '-' : String(compilations),
  megabytes(fetch['fetched'] === 'true' ? fetch['size'] : undefined),
  megabytes(upload['bytes']),
];

/** What has to be so; a sentence for each that is not. */
export const complaints = (measured: readonly Measured[]): readonly string[] =>
  measured.flatMap(({ sample, alwaysCompiled, expected, way, cold, warm }) => {
    const coldWork = cold.downloads + (cold.compilations ?? 0);
    const checks: readonly (readonly [boolean, string])[] = [
      [coldWork > 0, 'the cold run downloaded and compiled nothing: it was not cold'],
      [cold.fetch['fetched'] === 'false', 'the cold run fetched something'],
      [cold.upload['uploaded'] === 'true', `the cold run uploaded nothing: ${cold.upload['reason'] ?? 'no result'}`],
      [warm.fetch[expected === 'exact' ? 'hit' : 'fetched'] === 'true', `the warm run had no hit: ${warm.fetch['reason'] ?? 'no result'}`],
      [warm.downloads === 0, `the warm run downloaded ${warm.downloads} packages`],
      [(warm.compilations ?? 0) <= alwaysCompiled, `the warm run compiled ${warm.compilations ?? 0} times`],
    ];
    return checks.filter(([holds]) => !holds).map(([, sentence]) => `${sample}, ${way.name}: ${sentence}`);
  });
