import type { GroupReport, LaneReport } from '../lanes/lane.ts';
import { pageOf, table } from './page.ts';

/** The page of all times, for who wants to know how a figure came about. */
export const timesPage = ({ lanes, refusals }: GroupReport): string =>
  pageOf([
    '# Times',
    'What the [figures](README.md) were made of: whole processes in turn, medians. `ratio` is that of the first row of the group divided by this one; megabytes went over the wire; peak memory is that of the largest process. `load`: processes that wanted a processor, at the begin and the end of the group.',
    table(
      ['group', 'who', 'median s', 'min', 'max', 'ratio', 'MB', 'peak MiB', 'rounds', 'load', 'day'],
      [...new Set(lanes.map(({ group }) => group))].flatMap((group) =>
        rowsOf(lanes.filter((lane) => lane.group === group)),
      ),
    ),
    ...(refusals.length === 0
      ? []
      : ['## Who refused', ...refusals.map(({ group, title, reason }) => `- ${group}, ${title}: \`${reason}\``)]),
    '## Command lines',
    ...lanes.map((lane) => `- ${lane.group}, ${lane.title}: \`${lane.commandLine}\``),
  ]);

const rowsOf = (members: readonly LaneReport[]): string[][] => {
  const first = members[0]?.median ?? Number.NaN;
  return members.map((lane) => [
    lane.group,
    lane.title,
    lane.median.toFixed(3),
    lane.min.toFixed(3),
    lane.max.toFixed(3),
    (first / lane.median).toFixed(2),
    lane.bytes === undefined ? '' : (lane.bytes / 1e6).toFixed(2),
    (lane.peakKiB / 1024).toFixed(0),
    String(lane.seconds.length),
    lane.load?.map((load) => load.toFixed(0)).join('-') ?? '',
    lane.day,
  ]);
};
