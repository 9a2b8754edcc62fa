import { cacheName } from '../../../shared/presets/preset.ts';
import type { Preset, PresetCache } from '../../../shared/presets/preset.ts';
import { PRESETS } from '../../../shared/presets/table.ts';

/** The parts of docs/presets.md that come from the code, by the names in its marks. */
export const PRESET_TABLES: Readonly<Record<string, () => string>> = {
  overview: () => {
    const rows = PRESETS.map(({ name, title, marks, caches, provedBy }) => [
      `[\`${name}\`](#${name})`,
      title,
      marks.map(({ files }) => files.map(code).join(' with ')).join(', ') || 'its name only',
      caches.map(({ kind }) => kind).join(', '),
      provedBy === undefined ? 'no' : `[yes](../${provedBy})`,
    ]);
    return table(['preset', 'tool', 'found by', 'caches', 'proved'], rows);
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
    table(['cache', 'instead of', 'files to hash', 'also in the key', 'left out', 'to trim before the upload'], rows),
    table(['variable', 'value', 'says'], preset.caches.flatMap(variables)),
    ...preset.traps.map((trap) => `- ${trap}`),
    '',
    `Sources: ${preset.sources.join('; ')}.`,
    '',
  ].join('\n');
}

function variables({ env }: PresetCache): string[][] {
  return env.map(({ name, value, append, source }) => [
    code(name),
    code(value) + (append === true ? ', appended to what is there' : ''),
    source ?? '**nothing found that does**',
  ]);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line), ''].join('\n');
}

function code(text: string): string {
  return `\`${text}\``;
}
