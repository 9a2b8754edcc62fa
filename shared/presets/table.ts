import type { Preset } from './preset.ts';
import { CARGO } from './table/cargo.ts';
import { COMPILERS } from './table/compilers.ts';
import { DEPLOYMENT } from './table/deployment.ts';
import { GO } from './table/go.ts';
import { JAVASCRIPT } from './table/javascript.ts';
import { JVM } from './table/jvm.ts';
import { LANGUAGES } from './table/languages.ts';
import { PYTHON } from './table/python.ts';

/** All presets. Where two of a family are equally likely, the earlier one is found. */
export const PRESETS: readonly Preset[] = [
  GO,
  CARGO,
  ...LANGUAGES,
  ...JAVASCRIPT,
  ...PYTHON,
  ...JVM,
  ...DEPLOYMENT,
  ...COMPILERS,
];

export const PRESET_NAMES: readonly string[] = PRESETS.map(({ name }) => name);

export function findPreset(name: string): Preset | undefined {
  return PRESETS.find((preset) => preset.name === name);
}
