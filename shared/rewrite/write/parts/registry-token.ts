import { posix } from 'node:path';
import { PROJECTED_TOKEN } from '../../../interface/places/registry-token.ts';
import type { RegistryToken } from '../../../interface/places/registry-token.ts';
import { isInRegistry } from '../../../request/default-target.ts';
import { isList, isObject, strings } from '../../json/json.ts';
import type { JsonObject } from '../../json/json.ts';
import type { TaskPlan } from '../../plan/plan.ts';
import { freeName } from '../../tekton/free-name.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';

/** The pod's token for the registry of the installation: a volume of the Task, and what a step needs to use it. */
export interface RegistryTokenVolume {
  readonly volume: JsonObject;
  readonly mount: JsonObject;
  readonly registryToken: RegistryToken;
}

/**
 * The volume with the token, for a Task with caches in that registry. Undefined for other Tasks, and where each step mounts something of its
 * own at the place of the token: then our steps have only the docker configurations.
 */
export function registryTokenVolume(
  spec: TaskSpec,
  plan: TaskPlan,
  registryToken: RegistryToken | undefined,
): RegistryTokenVolume | undefined {
  if (registryToken === undefined || !isInRegistry(registryToken.registry, targetsOf(plan))) return undefined;
  const { directory, file: path, audience, expirationSeconds } = PROJECTED_TOKEN;
  if (mountPaths(spec.stepTemplate).some((mountPath) => posix.resolve(mountPath) === directory)) return undefined;
  const taken = (spec.volumes ?? []).flatMap((volume) => (typeof volume['name'] === 'string' ? [volume['name']] : []));
  const name = freeName('tekton-cache-registry-token', taken);
  return {
    volume: { name, projected: { sources: [{ serviceAccountToken: { audience, expirationSeconds, path } }] } },
    mount: { name, mountPath: directory, readOnly: true },
    registryToken,
  };
}

/** Every text of the plan that may name a registry. */
function* targetsOf({ caches, fetch, upload }: TaskPlan): Generator<string> {
  yield* strings(fetch?.options);
  yield* strings(upload?.options);
  for (const cache of caches) {
    for (const transfer of [cache.fetch, cache.upload]) {
      if (transfer === undefined) continue;
      const { target, fallbacks = [], join, travels } = transfer;
      yield* [target, travels?.target].filter((text) => text !== undefined);
      yield* fallbacks;
      yield* join?.base ?? [];
      for (const node of join?.nodes ?? []) yield* node.targets;
    }
  }
}

function mountPaths(part: JsonObject | undefined): string[] {
  const mounts = part?.['volumeMounts'];
  if (!isList(mounts)) return [];
  return mounts.flatMap((mount) =>
    isObject(mount) && typeof mount['mountPath'] === 'string' ? [mount['mountPath']] : [],
  );
}
