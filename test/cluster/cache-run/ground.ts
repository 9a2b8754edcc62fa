import type { NamespaceOptions, TestNamespace } from '../../support/cluster/test-namespace.ts';
import { createTestNamespace } from '../../support/cluster/test-namespace.ts';
import { patient } from '../../support/patience.ts';
import { openProduct } from '../../support/product/product.ts';
import type { Product } from '../../support/product/product.ts';
import { Runs } from '../../support/product/runs.ts';

let opened: Promise<Product | undefined> | undefined;

after(async () => await (await opened)?.close());

/** What a suite stands on: the installed product, and a namespace of its own. Set when its tests run. */
export interface Ground {
  product: Product;
  space: TestNamespace;
  runs: Runs;
}

/** For the top of a `describe`. Without the cluster of the bench its tests are skipped. */
export function useProduct(options: NamespaceOptions = {}): Ground {
  const ground: Partial<Ground> = {};
  before(async function () {
    this.timeout(patient(120_000));
    const product = await (opened ??= openProduct());
    if (!product) {
      this.skip();
      return;
    }
    const space = await createTestNamespace(product.cluster.api, { prefix: 'cache', ...options });
    Object.assign(ground, { product, space, runs: new Runs(product.cluster.api, space.name) });
  });
  after(async () => await ground.space?.delete());
  return ground as Ground;
}
