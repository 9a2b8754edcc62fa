import { startRegistry } from '../../support/registry/registry-process.ts';
import type { RegistryKind, RunningRegistry } from '../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';
import { describeStore } from './store-contract.ts';

const KINDS: readonly RegistryKind[] = ['docker-registry', 'distribution', 'crane'];

for (const kind of KINDS) {
  describe(`against ${kind}`, () => {
    let registry: RunningRegistry;
    before(async function () {
      // The first time ever its program is built.
      this.timeout(900_000);
      registry = await startRegistry({ kind });
    });
    after(() => registry.stop());

    const simple = kind === 'crane';
    describeStore('RegistryStore', {
      place: () => `${registry.host}/`,
      refusesUnknownBlobs: !simple,
      mounts: !simple,
    });
  });
}

describe('in a directory', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  before(async () => {
    directory = await temporaryDirectory();
  });
  after(() => directory.remove());

  describeStore('LayoutStore', { place: () => `oci:${directory.path}/` });
});
