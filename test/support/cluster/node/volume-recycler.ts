import { rm, mkdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

import type { KubeObject } from '../../kube/kube-api.ts';
import { openKubeApi } from '../../kube/kube-api.ts';

/**
 * Makes volumes of the pool available again once their claims are deleted: empties the directory, then forgets the claim.
 * A process of the cluster, because a volumeClaimTemplate's claim goes at a time that only the cluster knows.
 */

interface Volume extends KubeObject {
  readonly spec: { readonly claimRef?: object; readonly local?: { readonly path: string } };
  readonly status?: { readonly phase?: string };
}

interface VolumeList {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly Volume[];
}

interface WatchEvent {
  readonly type: string;
  readonly object: Volume;
}

const LABEL = 'app.kubernetes.io/managed-by=volume-pool';
const PATH = `/api/v1/persistentvolumes?labelSelector=${encodeURIComponent(LABEL)}`;

const [kubeconfig] = process.argv.slice(2);
if (kubeconfig === undefined) throw new Error('usage: volume-recycler.ts KUBECONFIG');
const api = openKubeApi(kubeconfig);

const isReleased = ({ spec, status }: Volume): boolean => status?.phase === 'Released' && spec.claimRef !== undefined;

const recycle = async (name: string): Promise<void> => {
  const identity = { apiVersion: 'v1', kind: 'PersistentVolume', name };
  // An event may be old: meanwhile somebody else may have the volume, with new content.
  const volume = await api.find<Volume>(identity);
  const path = volume?.spec.local?.path;
  if (!volume || !isReleased(volume) || path === undefined) return;
  await rm(path, { recursive: true, force: true });
  await mkdir(path);
  const { resourceVersion } = volume.metadata;
  await api.patch(identity, { metadata: { resourceVersion }, spec: { claimRef: null } });
};

const complain = (error: unknown): void => console.error(error);

let last = Promise.resolve();
/** One after the other, so that a volume is never emptied twice at the same time. */
const enqueue = (volume: Volume): void => {
  if (isReleased(volume)) last = last.then(() => recycle(volume.metadata.name)).catch(complain);
};

for (;;) {
  try {
    const { body } = await api.request({ method: 'GET', path: PATH });
    const list: VolumeList = JSON.parse(body);
    for (const volume of list.items) enqueue(volume);
    const watch = `${PATH}&watch=1&resourceVersion=${list.metadata.resourceVersion}`;
    const onLine = (line: string): void => {
      const event: WatchEvent = JSON.parse(line);
      if (event.type === 'MODIFIED') enqueue(event.object);
    };
    await api.connection.stream(watch, onLine, AbortSignal.timeout(600_000));
  } catch (error) {
    complain(error);
    await pause(1_000);
  }
}
