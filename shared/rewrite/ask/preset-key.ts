import { invalidParams } from '../../errors.ts';
import { readPresetChoice } from '../../presets/choice.ts';
import type { Preset } from '../../presets/preset.ts';
import { keyVariables } from '../../request/key-variables.ts';
import { keyOfPreset } from '../../request/preset-caches.ts';
import { expandPartly } from '../../request/template.ts';
import type { ResolverOptions } from './resolver-params.ts';

/**
 * Workspaces that the user named, with the key of a preset: what is not given comes from the preset, field by field. Without workspaces the
 * options are as they were: the preset has directories of its own then.
 *
 * @param repository of the configured target; '' where there is none
 */
export function withPresetKey(options: ResolverOptions, repository: string): ResolverOptions {
  const { preset: text, ...shared } = options.shared;
  if (text === undefined || options.workspaces.length === 0) return options;
  const target = shared.target ?? repository;
  // `readKey` says what is missing.
  if (target === '') return { ...options, shared };
  const variables = keyVariables(options.shared);
  const key = keyOfPreset(onePreset(text), {
    target,
    variables,
    files: shared.files ?? [],
    exclude: shared.exclude ?? [],
    fallbacks: shared.fallbacks ?? [],
    aliases: shared.aliases ?? [],
  });
  const expand = (template: string): string => expandPartly(template, variables);
  const { files } = key;
  return {
    ...options,
    shared: {
      ...shared,
      target: expand(key.target),
      fallbacks: key.fallbacks.map(expand),
      aliases: key.aliases.map(expand),
      ...(files.length === 0 ? {} : { files }),
    },
  };
}

function onePreset(text: string): Preset {
  const choice = readPresetChoice(text);
  const [preset, other] = choice.kind === 'named' ? choice.presets : [];
  if (preset !== undefined && other === undefined) return preset;
  throw invalidParams(
    '`workspaces` go with one preset by its name, whose key they get. With several presets, with `auto` and by task leave `workspaces` out: these have directories of their own.',
  );
}
