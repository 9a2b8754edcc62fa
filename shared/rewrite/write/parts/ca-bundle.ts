import { CA_BUNDLE } from '../../../request/protocol.ts';
import { freeName } from '../../tekton/free-name.ts';
import type { JsonObject } from '../../json/json.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';

/** Certificates that our steps trust besides: a volume of the Task, and what a step needs to use it. */
export interface CaBundle {
  readonly volume: JsonObject;
  readonly mount: JsonObject;
  readonly variables: Readonly<Record<string, string>>;
}

/** From a ConfigMap in the namespace of the run; one that is not there is passed over. */
export function caBundle(spec: TaskSpec, configMap: string | undefined): CaBundle | undefined {
  if (configMap === undefined || configMap === '') return undefined;
  const taken = (spec.volumes ?? []).flatMap((volume) => (typeof volume['name'] === 'string' ? [volume['name']] : []));
  const name = freeName('tekton-cache-ca', taken);
  return {
    volume: { name, configMap: { name: configMap, optional: true } },
    mount: { name, mountPath: CA_BUNDLE.directory, readOnly: true },
    variables: { NODE_EXTRA_CA_CERTS: `${CA_BUNDLE.directory}/${CA_BUNDLE.file}` },
  };
}
