import type { LaneReport } from '../lanes/lane.ts';

const BAR = 22;
const LABEL = 330;
const WIDTH = 900;

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** The file of a group's chart, beside the page. */
export const chartName = (group: string): string => `${group.replaceAll(/[^a-z0-9]+/gi, '-').toLowerCase()}.svg`;

/** Bars of one group's medians, with a line from the fastest to the slowest run; ours comes first. */
export const toChart = (group: string, lanes: readonly LaneReport[]): string => {
  const longest = Math.max(...lanes.map((lane) => lane.max));
  const scale = (seconds: number): number => (seconds / longest) * (WIDTH - LABEL - 90);
  const height = 46 + lanes.length * (BAR + 12);
  const bars = lanes.map((lane, row) => {
    const y = 38 + row * (BAR + 12);
    const middle = y + BAR / 2;
    return [
      `<text x="${LABEL - 8}" y="${middle + 4}" text-anchor="end">${escape(lane.title)}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${scale(lane.median).toFixed(1)}" height="${BAR}" fill="${row === 0 ? '#0b7285' : '#adb5bd'}"/>`,
      `<line x1="${(LABEL + scale(lane.min)).toFixed(1)}" x2="${(LABEL + scale(lane.max)).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#212529"/>`,
      `<text x="${(LABEL + scale(lane.max) + 6).toFixed(1)}" y="${middle + 4}">${lane.median.toFixed(2)} s</text>`,
    ].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${height}" fill="#fff"/><text x="12" y="22" font-weight="bold">${escape(group)}</text>`,
    ...bars,
    '</svg>\n',
  ].join('\n');
};
