import type { SampleRun } from './sample-run.ts';

const FETCH = 'cache-fetch';
const UPLOAD = 'cache-upload';

/** Both runs side by side, as text. */
export const compare = (cold: SampleRun, warm: SampleRun): string => {
  const rows: string[][] = [['', 'first run', 'second run']];
  const row = (title: string, cell: (run: SampleRun) => string): void =>
    void rows.push([title, cell(cold), cell(warm)]);
  for (const name of ['hit', 'match', 'reason']) row(`fetch: ${name}`, (run) => run.results[FETCH]?.[name] ?? '');
  for (const name of ['uploaded', 'reason', 'bytes'])
    row(`upload: ${name}`, (run) => run.results[UPLOAD]?.[name] ?? '');
  row('packages downloaded', (run) => String(run.downloads));
  for (const task of Object.keys(cold.tasks)) row(`task ${task}`, (run) => seconds(run.tasks[task]));
  row('whole PipelineRun', (run) => seconds(run.seconds));
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd(),
  );
  const { hit } = cold.results[FETCH] ?? {};
  return [
    '',
    ...lines,
    '',
    `first:  hit=${hit} uploaded=${cold.results[UPLOAD]?.['uploaded']}, ${cold.downloads} packages from the mirror`,
    `second: hit=${warm.results[FETCH]?.['hit']} upload ${warm.results[UPLOAD]?.['reason']}, ${warm.downloads} packages from the mirror`,
    '',
  ].join('\n');
};

const seconds = (value: number | undefined): string => (value === undefined ? '' : `${value} s`);

/** What has to be so; a sentence for each that is not. */
export const expectations = (cold: SampleRun, warm: SampleRun, hasMirror: boolean): string[] => {
  const checks: readonly (readonly [boolean, string])[] = [
    [cold.results[FETCH]?.['hit'] === 'false', 'the first fetch misses'],
    [cold.results[UPLOAD]?.['uploaded'] === 'true', 'the first upload pushes'],
    [warm.results[FETCH]?.['hit'] === 'true', 'the second fetch hits'],
    [warm.results[UPLOAD]?.['reason'] === 'unchanged', 'the second upload finds nothing changed'],
    [!hasMirror || cold.downloads > 0, 'the first run downloads packages'],
    [!hasMirror || warm.downloads === 0, 'the second run downloads nothing'],
  ];
  return checks.filter(([holds]) => !holds).map(([, sentence]) => sentence);
};
