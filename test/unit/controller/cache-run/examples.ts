import { MANAGED_BY } from '../../../../controller/helper-label.ts';
import { readConfig } from '../../../../controller/config/config.ts';
import type { Config } from '../../../../controller/config/table.ts';
import type { Pod } from '../../../../controller/kube/objects/pod.ts';
import type { CustomRun, CustomRunSpec } from '../../../../controller/tekton/custom-run.ts';
import type { CacheReport } from '../../../../shared/request/protocol.ts';

export const NOW = new Date('2026-08-20T10:10:00Z');
export const ago = (seconds: number): string =>
  new Date(NOW.getTime() - seconds * 1000).toISOString().replace('.000Z', 'Z');

export const config: Config = { ...readConfig({}).config, image: 'registry/tekton-cache:1' };

export const FETCH = { apiVersion: 'cache.tekton.dev/v1alpha1', kind: 'CacheFetch' };
export const UPLOAD = { apiVersion: 'cache.tekton.dev/v1alpha1', kind: 'CacheUpload' };
export const TARGET = { name: 'target', value: 'registry/cache:{{hash}}' };
export const FILES = { name: 'files', value: ['**/go.sum'] };
export const SOURCE = { name: 'source', persistentVolumeClaim: { claimName: 'code' } };
export const CACHE = { name: 'modules', persistentVolumeClaim: { claimName: 'cache' } };

type Differences = Partial<Omit<CustomRun, 'metadata' | 'spec'>> & {
  readonly metadata?: Partial<CustomRun['metadata']>;
  readonly spec?: Partial<CustomRunSpec>;
};

/** A fetch of one cache, but for the differences. */
export function customRun({ metadata, spec, ...rest }: Differences = {}): CustomRun {
  return {
    metadata: { name: 'pr-fetch', namespace: 'ns', uid: 'uid-1', generation: 1, resourceVersion: '10', ...metadata },
    spec: { customRef: FETCH, params: [TARGET, FILES], workspaces: [SOURCE, CACHE], ...spec },
    ...rest,
  };
}

/** A scheduled helper pod without news, but for the differences in its status. */
export function helperPod(status: Pod['status'] = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    metadata: {
      name: 'pod',
      namespace: 'ns',
      uid: 'pod-1',
      creationTimestamp: ago(10),
      labels: MANAGED_BY,
      ...metadata,
    },
    spec: { nodeName: 'node', containers: [{ name: 'cache', resources: { limits: { memory: '1Gi' } } }] },
    status: {
      phase: 'Pending',
      conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: ago(10) }],
      ...status,
    },
  };
}

export const report: CacheReport = { version: 1, results: { hit: 'true', reason: 'exact' }, message: 'hit' };

/** The status of our container after its end. */
export function endedContainer(message: string, exitCode = 0, more: object = {}): NonNullable<Pod['status']> {
  return { containerStatuses: [{ name: 'cache', state: { terminated: { exitCode, message, ...more } } }] };
}
