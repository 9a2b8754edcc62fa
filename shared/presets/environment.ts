import { cacheName } from './preset.ts';
import type { Preset, PresetVariable } from './preset.ts';

/** A variable of the steps that build. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  /** A list of options, to be appended to what is there. */
  readonly append?: true;
}

export interface Places {
  /** The directory that holds those of all caches. */
  readonly root: string;
  readonly source: string;
}

/** What the steps need so that their tools use the caches of these presets; each variable once. */
export function environmentOf(presets: readonly Preset[], places: Places): Variable[] {
  const found = new Map<string, Variable>();
  for (const preset of presets) {
    for (const cache of preset.caches) {
      const directory = `${places.root}/${cacheName(preset, cache)}`;
      for (const variable of cache.env) {
        const { name, append } = variable;
        found.set(name, { name, value: valueOf(variable, directory, places.source), ...(append ? { append } : {}) });
      }
    }
  }
  return [...found.values()];
}

function valueOf({ value }: PresetVariable, directory: string, source: string): string {
  return value.replaceAll('{{cache}}', directory).replaceAll('{{source}}', source);
}

/** npm, pnpm and Yarn read the names of their variables in any case. */
export function isSameVariable(name: string, other: string): boolean {
  return name === other || (/^(?:p?npm_config|yarn)_/i.test(name) && name.toLowerCase() === other.toLowerCase());
}
