import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { cacheDirectory } from '../cache-directory.ts';
import { shellEntries } from './busybox.ts';
import type { ImageConfig } from './layout.ts';
import { createLayout, putImage, putLayer } from './layout.ts';
import type { LayerEntry } from './tar-layer.ts';
import { layerOf } from './tar-layer.ts';

interface ImageRecipe {
  readonly config: ImageConfig;
  readonly entries: () => Promise<ReadonlyMap<string, LayerEntry>>;
}

const executable = async (file: string): Promise<LayerEntry> => ({
  type: 'file',
  content: await readFile(file),
  executable: true,
});

// The controller has these paths built in, as ko, which makes Tekton's releases, has.
const tektonImage = (tools: string, name: string): ImageRecipe => ({
  config: { Entrypoint: [`/ko-app/${name}`], User: '65532' },
  entries: async () => new Map([[`ko-app/${name}`, await executable(join(tools, name))]]),
});

const recipes = (tools: string): Readonly<Record<string, ImageRecipe>> => ({
  pause: {
    // Without the argument it would end at once.
    config: { Entrypoint: ['/pause', 'tekton_run_indefinitely'], User: '65535' },
    entries: async () => new Map([['pause', await executable(join(tools, 'nop'))]]),
  },
  entrypoint: tektonImage(tools, 'entrypoint'),
  nop: tektonImage(tools, 'nop'),
  workingdirinit: tektonImage(tools, 'workingdirinit'),
  sidecarlogresults: tektonImage(tools, 'sidecarlogresults'),
  shell: { config: { Cmd: ['sh'], Env: ['PATH=/bin:/usr/bin'] }, entries: shellEntries },
});

const buildAll = async (tools: string, destination: string): Promise<void> => {
  for (const [name, recipe] of Object.entries(recipes(tools))) {
    const layout = join(destination, name);
    await createLayout(layout);
    await putImage(layout, [await putLayer(layout, layerOf(await recipe.entries()))], recipe.config, name);
  }
};

/**
 * The images that Kubernetes and Tekton themselves need, as one OCI layout each, by name.
 * Built once per version of the Tekton tools in `tools`.
 */
export const clusterImages = async (
  tools: string,
  report: (line: string) => void,
): Promise<ReadonlyMap<string, string>> => {
  const directory = cacheDirectory('images', basename(tools));
  if (!existsSync(directory)) {
    report('building the images of the cluster (once)');
    const partial = `${directory}.${process.pid}`;
    await mkdir(dirname(directory), { recursive: true });
    try {
      await buildAll(tools, partial);
      await rename(partial, directory);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  }
  return new Map(Object.keys(recipes(tools)).map((name) => [name, join(directory, name)]));
};
