import type { LocalCluster } from '../cluster/cluster.ts';
import { openLocalCluster } from '../cluster/cluster.ts';
import type { ControllerProcess } from './controller-process.ts';
import { startController } from './controller-process.ts';
import { installRules, provideImage, sendAwayInstalled } from './install.ts';

/** The product as it is in the work tree, installed in the cluster of the bench; its controller is a process of this machine. */
export interface Product {
  readonly cluster: LocalCluster;
  readonly image: string;
  /** Registry as pods name it, allowed for plain HTTP. */
  readonly registry: string;
  /** One more controller, or one after the other was stopped. */
  readonly startController: (kubeconfig?: string) => Promise<ControllerProcess>;
  /** The one that runs from the start. */
  controller: ControllerProcess;
  readonly close: () => Promise<void>;
}

/** Keys of the ConfigMap. */
type Config = Readonly<Record<string, string>>;

/** Nothing with a cluster that is not the bench's: these tests look into the machine it runs on. */
export async function openProduct(config: Config = {}): Promise<Product | undefined> {
  const cluster = await openLocalCluster();
  if (!cluster) return undefined;
  const { registry } = cluster.state;
  const image = await provideImage(cluster);
  const restoreConfig = await installRules(cluster, config);
  const restoreInstalled = await sendAwayInstalled(cluster.api);
  const start = async (kubeconfig = cluster.kubeconfigOf('cacheController')) =>
    await startController({ kubeconfig, image });
  const product: Product = {
    cluster,
    image,
    registry: registry.pods,
    startController: start,
    controller: await start(),
    close: async () => {
      await product.controller.stop();
      await restoreConfig();
      await restoreInstalled();
      cluster.close();
    },
  };
  return product;
}
