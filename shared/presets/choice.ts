import { invalidParams } from '../errors.ts';
import type { CacheError } from '../errors.ts';
import type { Preset } from './preset.ts';
import { findPreset, PRESET_NAMES } from './table.ts';
import { didYouMean } from '../interface/text/nearest.ts';
import { splitList } from '../interface/text/split-list.ts';

/** What the param `preset` says. */
type PresetChoice =
  /** The presets that the files of the sources ask for. */
  | { readonly kind: 'auto' }
  | { readonly kind: 'named'; readonly presets: readonly Preset[] }
  /** The presets of pipeline tasks by their names, in resolvers. */
  | { readonly kind: 'by-task'; readonly tasks: ReadonlyMap<string, AutoOrNamed> };

export type AutoOrNamed = Exclude<PresetChoice, { readonly kind: 'by-task' }>;

const AUTO = 'auto';

/**
 * Reads `auto`, `go`, `go,npm` and `build=go,ui=npm,ui=playwright`: a task that is named again gets another preset.
 * Throws InvalidParams, for an unknown name with the nearest one.
 */
export function readPresetChoice(text: string): PresetChoice {
  const items = splitList(text);
  const byTask = items.filter((item) => item.includes('='));
  if (byTask.length === 0) return readNames(items);
  if (byTask.length < items.length) {
    throw invalid(`${JSON.stringify(text)} has presets with a task and presets without; write TASK=PRESET for each.`);
  }
  const names = new Map<string, string[]>();
  for (const item of items) {
    const [task = '', name = ''] = item.split('=').map((part) => part.trim());
    if (task === '' || name === '') throw invalid(`${JSON.stringify(item)} has to be TASK=PRESET.`);
    names.set(task, [...(names.get(task) ?? []), name]);
  }
  return { kind: 'by-task', tasks: new Map([...names].map(([task, list]) => [task, readNames(list)])) };
}

/** Reads the param where there are no tasks: in CustomRuns, steps and the command line. */
export function readPresets(text: string): AutoOrNamed {
  const choice = readPresetChoice(text);
  if (choice.kind !== 'by-task') return choice;
  throw invalid(`${JSON.stringify(text)} names tasks, which only resolvers know; write the preset alone.`);
}

function readNames(names: readonly string[]): AutoOrNamed {
  if (names.length === 1 && names[0] === AUTO) return { kind: 'auto' };
  return { kind: 'named', presets: [...new Set(names)].map(readName) };
}

function readName(name: string): Preset {
  if (name === AUTO) throw invalid('`auto` stands alone: it finds all presets that apply.');
  const preset = findPreset(name);
  if (preset !== undefined) return preset;
  throw invalid(`there is no ${JSON.stringify(name)}; ${didYouMean(name, [AUTO, ...PRESET_NAMES])}`);
}

function invalid(why: string): CacheError {
  return invalidParams(`\`preset\`: ${why}`);
}
