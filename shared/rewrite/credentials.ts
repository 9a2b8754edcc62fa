import { isObject } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { freeName } from './free-name.ts';
import type { Run, TaskSpec } from './tekton.ts';

/** Secrets with docker credentials that each service account names. */
export type DockerSecrets = Readonly<Record<string, readonly string[]>>;

/** Where our steps find them, one directory a secret. */
export const CREDENTIALS_DIR = '/tekton-cache/credentials';
export const DEFAULT_ACCOUNT = 'default';

/** The service account that a task runs as. */
export function accountOf({ spec, kind }: Run, task: string): string {
  const own = spec.taskRunSpecs?.find((entry) => entry['pipelineTaskName'] === task);
  const shared = kind === 'PipelineRun' ? spec.taskRunTemplate : undefined;
  return nameIn(own) ?? nameIn(shared) ?? nameIn(spec) ?? DEFAULT_ACCOUNT;
}

/** All accounts that a run names. */
export function accountsOf(run: Run): string[] {
  const tasks = (run.spec.taskRunSpecs ?? []).flatMap(({ pipelineTaskName }) => textOf(pipelineTaskName) ?? []);
  return [...new Set([accountOf(run, ''), ...tasks.map((task) => accountOf(run, task))])];
}

function nameIn(value: Json | undefined): string | undefined {
  return isObject(value) ? textOf(value['serviceAccountName']) : undefined;
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export interface CredentialVolume {
  readonly volume: JsonObject;
  readonly mount: JsonObject;
}

/**
 * Secrets as a volume of the Task. Tekton puts those that an account has for its pods into every step, if it is not told otherwise;
 * those for pulling images never. A secret that is missing, or that holds something else, is passed over, and nothing but
 * docker credentials ever reaches a step.
 */
export function credentialVolume(spec: TaskSpec, secrets: readonly string[]): CredentialVolume | undefined {
  if (secrets.length === 0) return undefined;
  const taken = (spec.volumes ?? []).flatMap((volume) => textOf(volume['name']) ?? []);
  const name = freeName('tekton-cache-credentials', taken);
  const sources = secrets.flatMap((secret) =>
    ['.dockerconfigjson', '.dockercfg'].map((key) => ({
      secret: { name: secret, optional: true, items: [{ key, path: `${secret}/${key}` }] },
    })),
  );
  return {
    volume: { name, projected: { sources } },
    mount: { name, mountPath: CREDENTIALS_DIR, readOnly: true },
  };
}
