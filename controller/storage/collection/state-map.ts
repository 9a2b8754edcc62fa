import { STORAGE_STATE } from '../../../shared/interface/storage-summary.ts';
import type { KubeClient } from '../../kube/api/client.ts';
import { CONFIG_MAPS } from '../../kube/objects/resource.ts';

/** The ConfigMap that tells others how far the housekeeper is. Both throw where there is no answer. */
export interface StateMap {
  read(): Promise<Readonly<Record<string, string>>>;
  /** Items that are null are taken away. */
  change(items: Readonly<Record<string, string | null>>): Promise<void>;
}

export function stateMap(client: KubeClient, namespace: string): StateMap {
  const id = { namespace, name: STORAGE_STATE };
  return {
    read: async () => (await client.get(CONFIG_MAPS, id))?.data ?? {},
    change: async (data) => void (await client.patch(CONFIG_MAPS, id, { data })),
  };
}
