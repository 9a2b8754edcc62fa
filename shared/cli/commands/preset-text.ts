/** What `tekton-cache presets` prints; pure. */
import { presetCaches } from '../../request/preset-caches.ts';
import { environmentOf } from '../../presets/environment.ts';
import type { Places } from '../../presets/environment.ts';
import { GIB, markFiles } from '../../presets/preset.ts';
import type { Preset } from '../../presets/preset.ts';
import { PRESETS } from '../../presets/table.ts';
import { textTable } from './text-table.ts';

/** The list of all presets, a line for each. */
export function presetList(): string {
  const rows = PRESETS.map((preset) => [
    preset.name,
    preset.title,
    preset.caches.map(({ kind }) => kind).join(', '),
    preset.marks.length === 0 ? '(by its name only)' : marksOf(preset),
  ]);
  return textTable([['PRESET', 'TOOL', 'CACHES', 'FOUND BY'], ...rows]);
}

/** One preset: what it caches, under which tags, and the variables of the steps as YAML to copy. */
export function presetText(preset: Preset, places: Places): string {
  const given = { target: 'TARGET', files: [], exclude: [], fallbacks: [], aliases: [] };
  const caches = presetCaches([preset], { dir: places.root }, { ...given, variables: { image: '' } });
  const lines = preset.caches.flatMap(({ usually, trim, eviction, maxSize }, at) => {
    const { name, dir, target, fallbacks = [], files = [], exclude = [] } = caches[at] ?? {};
    return [
      '',
      `${name}: instead of ${usually}`,
      `  directory  ${dir}`,
      `  target     ${target}`,
      ...fallbacks.map((fallback) => `  or else    ${fallback}`),
      ...(files.length === 0 ? [] : [`  {{hash}}   ${files.join(' ')}`]),
      ...(exclude.length === 0 ? [] : [`  without    ${exclude.join(' ')}`]),
      ...(eviction === undefined ? [] : [`  removed    ${eviction.files.join(' ')}: what three uploads had no use of`]),
      ...(maxSize === undefined
        ? []
        : [`  at most    ${maxSize / GIB} GiB, the files that were used longest ago go first`]),
      ...(trim === undefined ? [] : [`  to trim    ${trim}`]),
    ];
  });
  return [
    `${preset.name}: ${preset.title}; found by ${preset.marks.length === 0 ? 'its name only' : marksOf(preset)}`,
    ...lines,
    '',
    environmentText([preset], places),
    '',
    ...preset.traps.map((trap) => `- ${trap}`),
    '',
    preset.provedBy === undefined
      ? 'Not proved: the facts are from documentation and practice.'
      : 'Proved: a test lets the real tool build from a restored cache, without a network.',
    `Sources: ${preset.sources.join('; ')}.`,
  ].join('\n');
}

/** The variables of the steps, as in a Task. */
export function environmentText(presets: readonly Preset[], places: Places): string {
  const items = environmentOf(presets, places).map(({ name, value, append }) => {
    const note = append === true ? ' # append to what is there' : '';
    return `  - { name: ${name}, value: ${JSON.stringify(value)} }${note}`;
  });
  return ['env:', ...items].join('\n');
}

function marksOf({ marks }: Preset): string {
  return marks.map((mark) => markFiles(mark).join(' with ') + (mark.alone === true ? ' alone' : '')).join(', ');
}
