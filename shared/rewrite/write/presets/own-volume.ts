import { cacheName } from '../../../presets/preset.ts';
import type { Preset } from '../../../presets/preset.ts';
import { isList, isObject, objects } from '../../json/json.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';
import { isFor } from './own-settings.ts';

/** A volume of the Task in which a tool keeps what a preset is for. */
interface OwnVolume {
  readonly volume: string;
  /** The variable that leads there, and what the Task says for it. */
  readonly variable: string;
  readonly place: string;
  /** Where our steps have the volume: the directory of the cache. */
  readonly dir: string;
  /** The directory in the cache that the Task's mount shows. */
  readonly part: string;
}

/**
 * The emptyDirs of the Task to which its variables lead a tool, such as a Gradle home at /home/gradle. What is in them is cached where it is, as files of
 * the Task may be at a fixed place beside it.
 */
export function ownVolumes(spec: TaskSpec, presets: readonly Preset[], root: string): OwnVolume[] {
  const empty = objects(spec.volumes).flatMap(({ name, emptyDir }) => (isObject(emptyDir) ? [name] : []));
  const found: OwnVolume[] = [];
  for (const { preset, cache, name, part } of leading(presets)) {
    for (const step of spec.steps ?? []) {
      const env = [...objects(step['env']), ...objects(spec.stepTemplate?.['env'])];
      const place = env.find((entry) => isFor(entry, name))?.['value'];
      const mounts = [...objects(step['volumeMounts']), ...objects(spec.stepTemplate?.['volumeMounts'])];
      const mount = mounts.find((one) => typeof place === 'string' && place !== '' && one['mountPath'] === place);
      const volume = mount?.['name'];
      const taken = found.some((one) => one.volume === volume || one.variable === name);
      if (typeof place !== 'string' || typeof volume !== 'string' || taken) continue;
      if (!empty.includes(volume) || !canMove(spec, volume)) continue;
      found.push({ volume, variable: name, place, dir: `${root}/${cacheName(preset, cache)}`, part });
    }
  }
  return found;
}

/** The variables whose value is a directory of a cache. */
function leading(presets: readonly Preset[]) {
  return presets.flatMap((preset) =>
    preset.caches.flatMap((cache) =>
      cache.env.flatMap(({ name, value }) => {
        const part = value.startsWith('{{cache}}/') ? value.slice('{{cache}}/'.length) : '';
        return part === '' || part.includes('{') ? [] : [{ preset, cache, name, part }];
      }),
    ),
  );
}

/** Is every mount of it one to which a directory can be prefixed, and none read-only? */
function canMove(spec: TaskSpec, volume: string): boolean {
  return partsOf(spec)
    .flatMap((part) => objects(part['volumeMounts']))
    .filter(({ name }) => name === volume)
    .every(({ subPathExpr, readOnly }) => subPathExpr === undefined && readOnly !== true);
}

/** The Task with its mounts of these volumes one directory deeper: beside that directory is our `.tekton-cache`, which the tool must not see. */
export function deeperMounts(spec: TaskSpec, volumes: readonly OwnVolume[]): TaskSpec {
  if (volumes.length === 0) return spec;
  const deeper = <T extends JsonObject>(part: T): T => {
    const { volumeMounts } = part;
    return isList(volumeMounts) ? { ...part, volumeMounts: volumeMounts.map((mount: Json) => within(mount)) } : part;
  };
  const within = (mount: Json): Json => {
    const own = isObject(mount) ? volumes.find(({ volume }) => volume === mount['name']) : undefined;
    if (own === undefined || !isObject(mount)) return mount;
    const { subPath } = mount;
    return { ...mount, subPath: typeof subPath === 'string' && subPath !== '' ? `${own.part}/${subPath}` : own.part };
  };
  const { steps, sidecars, stepTemplate } = spec;
  return {
    ...spec,
    ...(stepTemplate === undefined ? {} : { stepTemplate: deeper(stepTemplate) }),
    ...(steps === undefined ? {} : { steps: steps.map((step) => deeper(step)) }),
    ...(sidecars === undefined ? {} : { sidecars: sidecars.map((sidecar) => deeper(sidecar)) }),
  };
}

export function mountsOfOurs(volumes: readonly OwnVolume[]): JsonObject[] {
  return volumes.map(({ volume, dir }) => ({ name: volume, mountPath: dir }));
}

function partsOf({ steps = [], sidecars = [], stepTemplate }: TaskSpec): JsonObject[] {
  return [...steps, ...sidecars, ...(stepTemplate === undefined ? [] : [stepTemplate])];
}
