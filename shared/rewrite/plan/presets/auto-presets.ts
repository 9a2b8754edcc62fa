import type { Preset } from '../../../presets/preset.ts';
import { findPreset, PRESETS } from '../../../presets/table.ts';

/**
 * Presets that `auto` never takes, as it sets variables before anybody has seen a file. Their variables would break a build that does without the
 * cache: Terraform fails where the directory is missing, and images of Playwright have their browsers in a place of their own.
 */
const BY_NAME_ONLY: readonly string[] = ['terraform', 'playwright'];

/** Presets whose variables may be set although nobody knows which of them apply. */
const AUTO_PRESETS: readonly Preset[] = PRESETS.filter(
  ({ name, marks }) => marks.length > 0 && !BY_NAME_ONLY.includes(name),
);

/** @param names of a plan: `auto`, or names with commas between them */
export function presetsOf(names: string): readonly Preset[] {
  return names === 'auto' ? AUTO_PRESETS : names.split(',').flatMap((name) => findPreset(name) ?? []);
}
