import { invalidParams } from '../../errors.ts';
import { allows, MODE_ANNOTATION, narrowMode, VERBS } from '../../interface/mode.ts';
import { checkOwnTargets } from '../../request/own-targets.ts';
import type { Mode, Verb } from '../../interface/params.ts';
import { knownParams } from '../../request/read-params.ts';
import { parseRequest } from '../../request/request.ts';
import type { RegistryToken } from '../../interface/places/registry-token.ts';
import { defaultTargetFor } from '../../request/default-target.ts';
import { expandIfGood, expandPartly, templateVariables, usesHash } from '../../request/template.ts';
import type { TemplateValues } from '../../request/template.ts';
import type { ResolverOptions } from '../ask/resolver-params.ts';
import { refuseSharedPlaces } from '../ask/whole-sources.ts';
import type { Run } from '../tekton/tekton.ts';

/** Where entries are kept, and what makes their hash. */
export interface Key {
  readonly target: string;
  readonly fallbacks: readonly string[];
  readonly aliases: readonly string[];
  /** `wrap`: what workspaces start with. */
  readonly base: readonly string[];
  readonly files: readonly string[];
  readonly mode: Mode;
  /** Set where some template needs the hash. */
  readonly hashed: boolean;
  /** Every pipeline task has entries of its own. */
  readonly byTask: boolean;
}

interface KeyInput {
  readonly options: ResolverOptions;
  readonly run: Run;
  /** The Pipeline's name, where there is a Pipeline with a name. */
  readonly pipeline?: string;
  /** A Pipeline has many tasks, whose names are filled in later; a Task is one, whose name in a Pipeline may not be known. */
  readonly scope: 'pipeline' | { readonly task?: string };
  readonly settings: KeySettings;
  /** The workspaces that are cached. */
  readonly cached: readonly string[];
}

/** What the installation says of keys. */
interface KeySettings {
  /** Used when the params have no `target`. */
  readonly target?: string;
  readonly insecureRegistries?: readonly string[];
  readonly registryToken?: RegistryToken;
}

/**
 * Reads and checks everything about the key; what is known of its variables is filled in, apart from `task` in a Pipeline. Throws
 * InvalidParams or WorkspaceNotSupported, also where the entry of one workspace would be that of another, or hold it.
 */
export function readKey(input: KeyInput): Key {
  const key = keyOf(input);
  checkOwnEntries(key, input.cached);
  refuseSharedPlaces(input.run, input.cached);
  return key;
}

function keyOf(input: KeyInput): Key {
  const { options, run, pipeline, scope, settings } = input;
  const task = scope === 'pipeline' ? undefined : scope.task;
  const { shared } = options;
  const { namespace } = run.metadata;
  const values: TemplateValues = {
    ...(namespace === undefined ? {} : { namespace }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(task === undefined ? {} : { task }),
  };
  const target = shared.target ?? defaultTargetFor(settings.target ?? '', values, settings.registryToken?.registry);
  if (target === '') {
    throw invalidParams('`target` is required: the image reference to keep the workspaces under.');
  }
  check(input, target, values);
  const expand = (template: string): string => expandPartly(template, values);
  const expandIfPossible = (template: string): string => expandIfGood(template, values);
  const templates = [target, ...(shared.fallbacks ?? []), ...(shared.aliases ?? []), ...options.base];
  return {
    target: expand(target),
    fallbacks: (shared.fallbacks ?? []).map(expandIfPossible),
    aliases: (shared.aliases ?? []).map(expand),
    base: options.base.map(expandIfPossible),
    files: shared.files ?? [],
    mode: narrowMode(shared.mode ?? 'pull-push', run.metadata.annotations?.[MODE_ANNOTATION]),
    hashed: templates.some(usesHash),
    byTask: scope === 'pipeline' && templates.some((template) => templateVariables(template).includes('task')),
  };
}

function checkOwnEntries({ target, aliases, mode }: Key, workspaces: readonly string[]): void {
  if (allows(mode, 'upload')) checkOwnTargets(workspaces.map((name) => ({ name, target, aliases })));
}

/** Everything that the helper would refuse is refused now, with the same sentence. */
function check({ options, scope, settings }: KeyInput, target: string, values: TemplateValues): void {
  const known: TemplateValues =
    options.resolver === 'cache' && scope === 'pipeline' ? { ...values, task: 'task' } : values;
  const { insecureRegistries } = settings;
  const given: Record<string, unknown> = { ...options.shared, target };
  if (options.resolver === 'wrap' && options.base.length > 0) given['fallbacks'] = options.base;
  for (const verb of VERBS) {
    parseRequest({
      verb,
      surface: 'resolver',
      params: paramsOf(verb, given),
      source: '/source',
      caches: [{ name: 'workspace', dir: '/workspace' }],
      variables: known,
      dockerConfigs: [],
      ...(insecureRegistries === undefined ? {} : { insecureRegistries }),
    });
  }
}

function paramsOf(verb: Verb, given: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = knownParams([verb], 'resolver').map(({ name }) => name);
  // Its value was turned into milliseconds when it was read.
  return Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name) && name !== 'max-time'));
}
