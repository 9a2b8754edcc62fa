import { parseArgs } from 'node:util';

import { cacheDirectory } from '../cache-directory.ts';
import { productTree, buildProductImage } from './product/product-image.ts';
import { pushImage } from './push.ts';
import { writeTree } from './write-tree.ts';

const USAGE = `npm run image -- [--layout DIR] [--push HOST:PORT/PATH:TAG]

Builds the image of tekton-cache into an OCI layout (which replaces what DIR holds), pushes it when asked to, and prints its digest.

  --layout DIR   by default below the cache directory
  --push NAME    plain http for registries on this machine, https for others; without credentials
  --tree DIR     write the files of the image to a directory instead; the Containerfile does this`;

const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`;

const run = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      layout: { type: 'string', default: cacheDirectory('images', 'tekton-cache') },
      push: { type: 'string' },
      tree: { type: 'string' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  if (values.tree !== undefined) {
    await writeTree(values.tree, await productTree());
    return;
  }
  const { descriptor, size, uncompressedSize } = await buildProductImage(values.layout, values.push ?? 'tekton-cache');
  console.error(`${values.layout}: ${megabytes(size)} to pull, ${megabytes(uncompressedSize)} on disk`);
  if (values.push !== undefined) {
    await pushImage(values.layout, values.push);
    console.error(`pushed to ${values.push}`);
  }
  console.log(descriptor.digest);
};

await run().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
