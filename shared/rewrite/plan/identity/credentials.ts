import { basicAuthsOf, secretProjections } from '../../../request/docker-secret.ts';
import type { DockerSecret } from '../../../request/docker-secret.ts';
import { CREDENTIALS_DIRECTORY } from '../../../request/protocol.ts';
import type { BasicAuth } from '../../../request/protocol.ts';
import { isObject } from '../../json/json.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import { freeName } from '../../tekton/free-name.ts';
import type { Run, TaskSpec } from '../../tekton/tekton.ts';

/** The secrets that each service account names. */
export type DockerSecrets = Readonly<Record<string, readonly DockerSecret[]>>;

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
  /** What the helper has to be told, as no docker configuration says it. */
  readonly basicAuths: readonly BasicAuth[];
}

/**
 * Secrets as a volume of the Task. By default Tekton puts the `secrets` of a service account into every step. It never does so with
 * its `imagePullSecrets`.
 */
export function credentialVolume(spec: TaskSpec, secrets: readonly DockerSecret[]): CredentialVolume | undefined {
  if (secrets.length === 0) return undefined;
  const taken = (spec.volumes ?? []).flatMap((volume) => textOf(volume['name']) ?? []);
  const name = freeName('tekton-cache-credentials', taken);
  return {
    volume: { name, projected: { sources: secretProjections(secrets) } },
    mount: { name, mountPath: CREDENTIALS_DIRECTORY, readOnly: true },
    basicAuths: basicAuthsOf(CREDENTIALS_DIRECTORY, secrets),
  };
}
