import { cacheName, GIB, markFiles } from '../../../shared/presets/preset.ts';
import type { Preset, PresetCache } from '../../../shared/presets/preset.ts';
import { PRESETS } from '../../../shared/presets/table.ts';
import { code, markdownTable } from './markdown-table.ts';

/** The parts of docs/presets.md that come from the code, by the names in its marks. */
export const PRESET_TABLES: Readonly<Record<string, () => string>> = {
  overview: () => {
    const rows = PRESETS.map(({ name, title, marks, caches, provedBy }) => [
      `[\`${name}\`](#${name})`,
      title,
      marks
        .map((mark) => markFiles(mark).map(code).join(' with ') + (mark.alone === true ? ' alone' : ''))
        .join(', ') || 'its name only',
      caches.map(({ kind }) => kind).join(', '),
      provedBy === undefined ? 'not proved here' : `[yes](../${provedBy})`,
    ]);
    return markdownTable(['preset', 'tool', 'found by', 'caches', 'proved'], rows);
  },
  details: () => PRESETS.map(section).join('\n'),
};

function section(preset: Preset): string {
  const rows = preset.caches.map((cache) => [
    code(cacheName(preset, cache)),
    cache.usually
      .split(', ')
      .map((text) => (/^[~\w./-]+$/.test(text) && text !== 'none' ? code(text) : text))
      .join(', '),
    cache.files.map(code).join(' '),
    cache.native ? '`{{os}}` `{{arch}}` `{{image}}`' : '`{{os}}` `{{arch}}`',
    cache.exclude.map(code).join(' ') || '-',
    cache.trim === undefined ? '-' : code(cache.trim),
  ]);
  return [
    `### ${preset.name}`,
    '',
    markdownTable(
      ['cache', 'instead of', 'files to hash', 'also in the key', 'left out', 'to trim before the upload'],
      rows,
    ),
    markdownTable(['variable', 'value', 'says'], preset.caches.flatMap(variables)),
    ...preset.caches.flatMap(eviction),
    ...preset.traps.map((trap) => `- ${trap}`),
    '',
    `Sources: ${preset.sources.join('; ')}.`,
    '',
  ].join('\n');
}

function eviction({ eviction: rule, maxSize }: PresetCache): string[] {
  if (rule === undefined) return [];
  const bound = maxSize === undefined ? 'the param `max-size`' : `${maxSize / GIB} GiB, or the param \`max-size\``;
  const unit = rule.unit === 'file' ? 'each by itself' : 'all files with the same hash together';
  const mark =
    rule.usedBy === 'mtime' ? 'the time that the tool sets' : 'the time that the kernel sets when it is read';
  const files = rule.files.map(code).join(' ');
  return [
    `- Removed before the upload when three uploads had no use of it: ${files}, ${unit}, by ${mark}. At most: ${bound}.`,
  ];
}

function variables({ env }: PresetCache): string[][] {
  return env.map(({ name, value, append, source }) => [
    code(name),
    code(value) + (append === true ? ', appended to what is there' : ''),
    source ?? '**nothing found that does**',
  ]);
}
