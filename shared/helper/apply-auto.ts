import { asCacheError } from '../errors.ts';
import { isSwitchedOff } from '../interface/mode.ts';
import { checkOwnTargets } from '../request/own-targets.ts';
import { presetCaches } from '../request/preset-caches.ts';
import { reasonFor } from '../presets/detect.ts';
import { PRESET_NAMES } from '../presets/table.ts';
import type { CacheDirectory, CacheRequest } from '../request/protocol.ts';
import { disabled } from './cache/cache-work.ts';
import type { CacheOutcome } from './cache/cache-work.ts';
import { findPresets } from './hash/find-presets.ts';
import { logText, reasonOf } from './report/reason-of-error.ts';

export interface Applied {
  readonly caches: readonly CacheDirectory[];
  /** What was found, and why: for the log. */
  readonly lines: readonly string[];
  /** Why there is nothing to do. */
  readonly outcome?: CacheOutcome;
}

/** The caches of a request; with `preset: auto` those of the presets that the files of its sources ask for. */
export async function applyAuto(request: CacheRequest, signal?: AbortSignal): Promise<Applied> {
  const { auto, source } = request;
  if (auto === undefined || source === undefined) return { caches: request.caches, lines: [] };
  if (isSwitchedOff(request.mode, request.verb)) return nothing(disabled({ request }));
  try {
    const found = await findPresets(source, auto.dir, signal);
    const presets = found.map(({ preset }) => preset);
    const lines = found.map((one) => `preset ${one.preset.name}, because of ${reasonFor(one)}`);
    if (presets.length === 0) return nothing(noPreset());
    const caches = presetCaches(presets, auto, request);
    checkOwnTargets(caches.map((cache) => ({ target: request.target, aliases: request.aliases, ...cache })));
    return { caches, lines };
  } catch (caught) {
    const error = asCacheError(caught);
    return nothing({ results: { reason: reasonOf(error) }, sentence: error.message, error, notes: [logText(error)] });
  }
}

function noPreset(): CacheOutcome {
  const sentence = `None of the files in the workspace \`source\` belongs to a preset (${PRESET_NAMES.join(', ')}): name the one to use, or give \`files\` and \`paths\`.`;
  return { results: { reason: 'no-preset' }, sentence, notes: [sentence] };
}

function nothing(outcome: CacheOutcome): Applied {
  return { caches: [], lines: [], outcome };
}
